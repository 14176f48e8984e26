import type { Override } from "./override.ts";
import type { LongContext, Price } from "./price.ts";

/** Rates whose absence means that nothing was charged by them: a version may gain one, it may not gain any other. */
const MAY_COME: ReadonlySet<string> = new Set(
  [
    "input",
    "output",
    "audioInput",
    "audioOutput",
    "imageInput",
    "imageOutput",
    "image",
    "serverTools",
    "search",
  ].concat(["audioSecond", "character", "tiers", "requestFeesMost"]),
);

/** A price version as it is remembered; equal texts are equal prices. */
export function priceText(price: Price): string {
  const { longContext, ...rest } = price;
  // One threshold is written as it always was, so that versions remembered before there were several are still the same.
  return text({ ...rest, longContext: longContext?.length === 1 ? longContext[0] : longContext });
}

/** An override as it is remembered. */
export function overrideText(override: Override): string {
  return text(override);
}

/** The price that a text remembers. */
export function priceFromText(written: string): Price {
  const { longContext, rates, tiers, requestFeesMost, ...names }: Price = JSON.parse(written);
  const long: readonly LongContext[] | undefined = withBigInts(longContext);
  return {
    ...names,
    rates: withBigInts(rates),
    longContext: long === undefined ? undefined : [long].flat(),
    tiers: withBigInts(tiers),
    requestFeesMost: withBigInts(requestFeesMost),
  };
}

/** The override that a text remembers. */
export function overrideFromText(written: string): Override {
  const { share, tier, ...names }: Override = JSON.parse(written);
  return { ...names, share: withBigInts(share), tier: withBigInts(tier) };
}

/** Amounts are written as texts. */
function withBigInts<T>(value: T): T;
function withBigInts(value: unknown): unknown {
  if (typeof value === "string") return BigInt(value);
  if (Array.isArray(value)) return value.map((each: unknown) => withBigInts(each));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withBigInts(each)]));
}

/** Whether a remembered version became another one only by rates for what it could not charge before. */
export function isAddition(before: string, after: string): boolean {
  return addsOnly(JSON.parse(before), JSON.parse(after), "");
}

function addsOnly(before: unknown, after: unknown, name: string): boolean {
  if (before === undefined) return MAY_COME.has(name);
  if (!isRecord(before) || !isRecord(after)) return before === after;
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  // A tool has a rate of its own or is unpriced, so inside of these every name may come.
  const free = name === "serverTools" || name === "tiers";
  return [...names].every((each) => {
    const gained = before[each] === undefined && after[each] !== undefined;
    return gained && free ? true : addsOnly(before[each], after[each], each);
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function text(value: object): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? String(each) : each));
}
