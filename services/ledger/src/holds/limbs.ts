import type { Amounts } from "../amounts.ts";

/** Redis scripts count in doubles, which are exact up to 2^53 only. So an amount travels as two limbs: value = high * 10^9 + low. */
const LIMB = 1_000_000_000n;

/** High and low limb as decimal text; the low one is never negative. */
export function toLimbs(value: bigint): readonly [high: string, low: string] {
  const low = ((value % LIMB) + LIMB) % LIMB;
  return [String((value - low) / LIMB), String(low)];
}

/** The value of two limbs; absent limbs are zero. */
export function fromLimbs(high: string | null | undefined, low: string | null | undefined): bigint {
  return BigInt(high ?? 0) * LIMB + BigInt(low ?? 0);
}

/** The six limbs of three amounts, in the order of the scripts. */
export function amountLimbs(amounts: Amounts): readonly string[] {
  return [...toLimbs(amounts.nanousd), ...toLimbs(amounts.inputTokens), ...toLimbs(amounts.outputTokens)];
}
