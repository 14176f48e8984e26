import { parseUsd } from "../amounts.ts";
import { UsageError } from "../failure.ts";
import type { Pair } from "./compare.ts";

/** How far two figures may be apart and still agree: a share of the larger one in millionths, or an amount in nano-USD. */
export type Tolerance =
  | { readonly kind: "share"; readonly millionths: bigint }
  | { readonly kind: "amount"; readonly nanousd: bigint };

const PER_PERCENT = 10_000n;
const WHOLE = 1_000_000n;

/** @throws UsageError for anything but US dollars (0.01) or a percentage (0.5%) */
export function parseTolerance(text: string): Tolerance {
  const match = /^(\d{1,2})(?:\.(\d{1,4}))?\s*%$/.exec(text.trim());
  if (match === null) return { kind: "amount", nanousd: parseUsd(text.trim()) };
  const [, whole = "0", fraction = ""] = match;
  const millionths = BigInt(whole) * PER_PERCENT + BigInt(fraction.padEnd(4, "0"));
  if (millionths > WHOLE) throw new UsageError(`"${text}" is more than everything.`);
  return { kind: "share", millionths };
}

/**
 * True if both sides agree. `difference` is what they are apart in nano-USD, undefined where nobody can say. Amounts are rounded up once per
 * attempt in the ledger, so that many nano-USD are no difference.
 */
export function agrees(pair: Pair, difference: bigint | undefined, tolerance: Tolerance): boolean {
  const tokensAgree = pair.classes.every(({ billed, booked }) => within(billed, booked, tolerance));
  if (pair.billedNano === undefined) {
    if (tokensAgree || tolerance.kind === "share" || difference === undefined) return tokensAgree;
    return tolerance.nanousd > 0n && abs(difference) <= tolerance.nanousd;
  }
  const apart = abs(pair.billedNano - pair.bookedNano);
  const amountsAgree =
    apart <= pair.attempts ||
    (tolerance.kind === "amount" ? apart <= tolerance.nanousd : within(pair.billedNano, pair.bookedNano, tolerance));
  return amountsAgree && (tolerance.kind === "amount" && tolerance.nanousd > 0n ? true : tokensAgree);
}

function within(a: bigint, b: bigint, tolerance: Tolerance): boolean {
  if (a === b) return true;
  if (tolerance.kind === "amount") return false;
  const apart = abs(a - b) * WHOLE;
  return apart <= abs(a) * tolerance.millionths || apart <= abs(b) * tolerance.millionths;
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}
