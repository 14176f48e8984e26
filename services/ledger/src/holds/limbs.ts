/** Redis scripts count in doubles, which are exact up to 2^53 only. So an amount travels as two limbs: value = high * 10^9 + low. */
const LIMB = 1_000_000_000n;
const LIMB_NUMBER = 1_000_000_000;

/** High and low limb, 0 <= low < 10^9; both are exact as numbers for amounts up to 2^82. */
export function limbsOf(value: bigint): readonly [high: number, low: number] {
  const small = Number(value);
  if (Number.isSafeInteger(small)) {
    const high = Math.floor(small / LIMB_NUMBER);
    return [high, small - high * LIMB_NUMBER];
  }
  const low = ((value % LIMB) + LIMB) % LIMB;
  return [Number((value - low) / LIMB), Number(low)];
}

/** The value of two limbs. */
export function ofLimbs(high: number, low: number): bigint {
  const small = high * LIMB_NUMBER + low;
  return Number.isSafeInteger(small) ? BigInt(small) : BigInt(high) * LIMB + BigInt(low);
}
