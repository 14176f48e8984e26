import type { Amounts } from "../amounts.ts";

/** Redis scripts count in doubles, which are exact up to 2^53 only. So an amount travels as two limbs: value = high * 10^9 + low. */
const LIMB = 1_000_000_000n;

/** High and low limb as decimal text; the low one is never negative. */
export function toLimbs(value: bigint): readonly [high: string, low: string] {
  const low = ((value % LIMB) + LIMB) % LIMB;
  return [String((value - low) / LIMB), String(low)];
}

/** The value of two limbs. */
export function fromLimbs(high: string | number, low: string | number): bigint {
  return BigInt(high) * LIMB + BigInt(low);
}

/** The six limbs of three amounts, in the order of the scripts. */
export function amountLimbs(amounts: Amounts): readonly string[] {
  return [...toLimbs(amounts.nanousd), ...toLimbs(amounts.inputTokens), ...toLimbs(amounts.outputTokens)];
}

/** Limbs as the scripts store them: big-endian doubles. */
export function packLimbs(limbs: readonly string[]): Buffer {
  const packed = Buffer.alloc(limbs.length * 8);
  for (const [index, limb] of limbs.entries()) packed.writeDoubleBE(Number(limb), index * 8);
  return packed;
}

/** The value of the pair of limbs at a position of a packed field; an absent field is zero. */
export function unpackLimbs(packed: Buffer | undefined, pair = 0): bigint {
  if (packed === undefined) return 0n;
  return fromLimbs(packed.readDoubleBE(pair * 16), packed.readDoubleBE(pair * 16 + 8));
}
