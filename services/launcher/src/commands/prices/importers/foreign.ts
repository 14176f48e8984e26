import type { LongContext, Rates, Tier } from "@sluice/ledger/prices";

/** What another catalogue says about one model. */
export interface ForeignPrice {
  /** The provider as that catalogue names it. */
  readonly provider: string;
  readonly model: string;
  readonly tier: Tier;
  readonly tiers: Readonly<Record<string, Tier>>;
}

/** One model that was not understood, and why. */
export interface Unread {
  readonly name: string;
  readonly reason: string;
}

/** Everything another catalogue says. */
export interface ForeignCatalogue {
  readonly prices: readonly ForeignPrice[];
  readonly unread: readonly Unread[];
}

/** Powers of ten from what a catalogue counts in to nano-USD per million. */
export const PER_UNIT = 15;
export const PER_THOUSAND = 12;
export const PER_MILLION = 9;

/** Digits that a price has at most; what computers add behind them is noise. */
const DIGITS = 12;

/** A price as whole nano-USD per million, rounded up; undefined if there is none, it is no amount, or JSON could not hold it. */
export function nanoOf(value: unknown, power: number): bigint | undefined {
  const amount = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof amount !== "number" || !Number.isFinite(amount) || amount < 0) return undefined;
  const parts = /^(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(amount.toExponential(DIGITS - 1));
  if (parts === null) return undefined;
  const [, whole = "0", fraction = "", exponent = "0"] = parts;
  const shift = Number(exponent) - fraction.length + power;
  const digits = BigInt(whole + fraction);
  const divisor = 10n ** BigInt(Math.max(0, -shift));
  const nano = (digits * 10n ** BigInt(Math.max(0, shift)) + divisor - 1n) / divisor;
  return nano <= BigInt(Number.MAX_SAFE_INTEGER) ? nano : undefined;
}

/** Rates without those that are absent; undefined if none is there. */
export function ratesOf(rates: Rates): Rates | undefined {
  const stated = Object.entries(rates).filter(([, rate]) => rate !== undefined);
  return stated.length === 0 ? undefined : (Object.fromEntries(stated) as Rates);
}

/** Long-prompt rates in order of their thresholds; undefined if there are none. */
export function longOf(entries: readonly LongContext[]): readonly LongContext[] | undefined {
  if (entries.length === 0) return undefined;
  return entries.toSorted((a, b) => (a.aboveInputTokens < b.aboveInputTokens ? -1 : 1));
}

export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
