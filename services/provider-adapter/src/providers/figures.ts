/** Figures of an answer as far as they can be believed: what follows from them is billed, or has to fit the channel. */

/** More tokens than any answer has: beyond it a figure is a fault of the provider's, and would be a bill nobody can pay. */
const TOKENS_MAX = 1_000_000_000;
/** Most answers to one request. */
const CHOICES_MAX = 128;
/** A moment in the year 5138. */
const SECONDS_MAX = 99_999_999_999;

/** True for a number of tokens or calls that can be billed. */
export function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= TOKENS_MAX;
}

/** Number of a choice; one that is none counts as `otherwise`. */
export function choiceNumber(value: unknown, otherwise: number): number {
  if (typeof value !== "number" || !Number.isInteger(value)) return otherwise;
  return value >= 0 && value < CHOICES_MAX ? value : otherwise;
}

/** Seconds since the epoch; 0 for what is no moment. */
export function momentOf(value: unknown): bigint {
  return typeof value === "number" && value > 0 && value <= SECONDS_MAX ? BigInt(Math.trunc(value)) : 0n;
}
