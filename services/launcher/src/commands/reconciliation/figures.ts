/** Amounts of files have more decimals than a nano-USD: sums are kept in 10^-18 USD and rounded once. */
export const ATTO_PER_NANO = 1_000_000_000n;
const ATTO_DIGITS = 18;
const EXPONENT_MAX = 30;
const DIGITS_MAX = 40;
/** Thousands apart, as in 1,234.50; a comma anywhere else means something else elsewhere, so it is refused. */
const GROUPED = /^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$/;

/** A decimal number in units of 10^-digits, exactly; what is finer is cut off. Undefined for text that is no number. */
export function decimal(text: string, digits: number): bigint | undefined {
  const plain = GROUPED.test(text.trim()) ? text.replaceAll(",", "") : text;
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,2}))?$/.exec(plain.trim());
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const shift = Number(exponent);
  if (whole + fraction === "" || whole.length + fraction.length > DIGITS_MAX || Math.abs(shift) > EXPONENT_MAX) {
    return undefined;
  }
  const scale = digits - fraction.length + shift;
  const units = BigInt(whole + fraction);
  const value = scale >= 0 ? units * 10n ** BigInt(scale) : units / 10n ** BigInt(-scale);
  return sign === "-" ? -value : value;
}

/** US dollars, with or without their sign, in 10^-18 USD. */
export function dollars(text: string): bigint | undefined {
  return decimal(text.replace(/^([+-]?)\s*(?:\$|USD)\s*/i, "$1"), ATTO_DIGITS);
}

/** A count; files may write whole numbers with decimals ("59200.0"). Undefined for anything else. */
export function count(text: string): bigint | undefined {
  const thousandths = decimal(text, 3);
  return thousandths === undefined || thousandths < 0n || thousandths % 1_000n !== 0n
    ? undefined
    : thousandths / 1_000n;
}

/** 10^-18 USD as the nearest nano-USD, halves away from zero. */
export function nearestNano(atto: bigint): bigint {
  const half = ATTO_PER_NANO / 2n;
  return (atto < 0n ? atto - half : atto + half) / ATTO_PER_NANO;
}

const DAY_MS = 86_400_000;

/** The moment a date, an RFC 3339 time or seconds since the epoch mean, in milliseconds; a date is midnight UTC. */
export function momentOf(text: string): number | undefined {
  if (/^\d{9,11}(\.0+)?$/.test(text)) return Number(text) * 1_000;
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return parsed(`${text}T00:00:00Z`);
  const match = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2}| ?UTC)?$/i.exec(text);
  if (match === null) return undefined;
  const [, date = "", time = "", zone = "Z"] = match;
  return parsed(`${date}T${time}${/^[+-]/.test(zone) ? zone : "Z"}`);
}

function parsed(text: string): number | undefined {
  const ms = Date.parse(text);
  return Number.isNaN(ms) || ms < 0 ? undefined : ms;
}

/** The UTC day of a moment, like 2026-11-01. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Milliseconds since the epoch at which a day begins. */
export function dayStart(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

/** The day after. */
export function nextDay(day: string): string {
  return dayOf(dayStart(day) + DAY_MS);
}
