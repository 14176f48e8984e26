import { UsageError } from "./failure.ts";

const NANO = 1_000_000_000n;
const NANO_DIGITS = 9;
const INT64_MAX = 2n ** 63n - 1n;
const DURATION_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * US dollars as somebody typed them, in nano-USD, exactly: the text never passes through a floating-point number.
 * @throws UsageError for anything that is no plain decimal number, negative, finer than a nano-USD or too large
 */
export function parseUsd(text: string): bigint {
  if (/^-/.test(text)) throw new UsageError(`${text} USD is negative: an amount is zero or more.`);
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) throw new UsageError(`"${text}" is no amount: write US dollars like 5 or 0.25.`);
  const [, whole = "0", fraction = ""] = match;
  if (fraction.length > NANO_DIGITS) {
    throw new UsageError(`${text} has ${fraction.length} decimals: the smallest amount is 0.000000001 USD.`);
  }
  const value = BigInt(whole) * NANO + BigInt(fraction.padEnd(NANO_DIGITS, "0"));
  if (value <= INT64_MAX) return value;
  throw new UsageError(`${text} USD is too much: at most ${formatUsd(INT64_MAX)} can be counted.`);
}

/** Nano-USD as dollars, exactly, with at least two decimals. */
export function formatUsd(nanousd: bigint): string {
  const sign = nanousd < 0n ? "-" : "";
  const digits = (nanousd < 0n ? -nanousd : nanousd).toString().padStart(NANO_DIGITS + 1, "0");
  const fraction = digits.slice(-NANO_DIGITS).replace(/0{1,7}$/, "");
  return `${sign}${digits.slice(0, -NANO_DIGITS)}.${fraction}`;
}

/** A whole number of tokens. @throws UsageError */
export function parseTokens(text: string): bigint {
  if (!/^\d{1,19}$/.test(text) || BigInt(text) > INT64_MAX) {
    throw new UsageError(`"${text}" is no number of tokens: write a whole number, zero or more.`);
  }
  return BigInt(text);
}

/** A duration like 90s, 15m, 12h, 30d or 2w, in milliseconds. @throws UsageError */
export function parseDuration(text: string): number {
  const match = /^(\d{1,6})([smhdw])$/.exec(text);
  const value = Number(match?.[1] ?? 0) * (DURATION_MS[match?.[2] ?? ""] ?? 0);
  if (value > 0) return value;
  throw new UsageError(`"${text}" is no duration: write a number and s, m, h, d or w, like 30d.`);
}

/** An amount of a unit for people: dollars with their decimals, tokens as they are. */
export function formatAmount(unit: string, value: bigint): string {
  return unit === "nanousd" ? formatUsd(value) : value.toString();
}
