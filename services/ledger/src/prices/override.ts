import type { LongContext, Price, Rates, Tier } from "./price.ts";

const MILLION = 1_000_000n;

/** What one organisation pays instead of the list price: a share of it, or rates of its own. */
export interface Override {
  /** Unique, and part of the ids of the versions it makes, e.g. `acme-2026`. */
  readonly id: string;
  /** The organisation's id. */
  readonly tenant: string;
  /** A price id, or a pattern of one in which `*` stands for anything. */
  readonly match: string;
  /** Epoch milliseconds from which it is valid. */
  readonly validFrom: number;
  /** Millionths of the list price: 900,000 is ten percent off. */
  readonly share?: bigint | undefined;
  /** Instead of the list price. */
  readonly tier?: Tier | undefined;
}

const SEPARATOR = "+";
/** Stands for the list version where an organisation pays rates of its own for a model without a list price. */
const NO_LIST = "@own";

/** Id of the version an override makes of a list version, or of none. */
export function overriddenId(override: Override, priceId: string, list: Price | undefined): string {
  return `${list?.id ?? priceId + NO_LIST}${SEPARATOR}${override.id}`;
}

/** The list version and the override that an id names; undefined for ids of list prices. */
export function partsOfId(id: string): { readonly listId: string; readonly overrideId: string } | undefined {
  const at = id.lastIndexOf("@");
  const plus = id.indexOf(SEPARATOR, at);
  if (at === -1 || plus === -1) return undefined;
  return { listId: id.slice(0, plus), overrideId: id.slice(plus + SEPARATOR.length) };
}

/** The price id of a made-up list id; undefined if it is a real one. */
export function priceIdWithoutList(listId: string): string | undefined {
  return listId.endsWith(NO_LIST) ? listId.slice(0, -NO_LIST.length) : undefined;
}

/** The price an override makes; undefined if it is a share of a list price that is not there. */
export function applyOverride(override: Override, priceId: string, list: Price | undefined): Price | undefined {
  const own = { priceId, id: overriddenId(override, priceId, list), validFrom: override.validFrom };
  if (override.tier !== undefined) return { ...own, ...override.tier, requestFeesMost: list?.requestFeesMost };
  if (list === undefined || override.share === undefined) return undefined;
  const { share } = override;
  const tiers = list.tiers === undefined ? undefined : mapValues(list.tiers, (tier) => shareOfTier(tier, share));
  return { ...list, ...own, ...shareOfTier(list, share), tiers, requestFeesMost: shareOf(list.requestFeesMost, share) };
}

/** A processing tier at a share of the standard one, in millionths: of tokens; fees, images and searches cost the same in each. */
export function tierAtShare(tier: Tier, share: bigint): Tier {
  return {
    rates: tokensAtShare(tier.rates, share),
    longContext: tier.longContext?.map((long): LongContext => ({ ...long, rates: tokensAtShare(long.rates, share) })),
  };
}

function tokensAtShare({ request, serverTools, image, search, ...tokens }: Rates, share: bigint): Rates {
  return { ...shareOfRates(tokens, share), request, serverTools, image, search };
}

/** A share of every rate, in millionths; a rate that does not come out whole is rounded up by less than a nano-USD per million. */
export function shareOfTier({ rates, longContext }: Tier, share: bigint): Tier {
  return {
    rates: shareOfRates(rates, share),
    longContext: longContext?.map((long): LongContext => ({ ...long, rates: shareOfRates(long.rates, share) })),
  };
}

function shareOfRates({ serverTools, ...rates }: Rates, share: bigint): Rates {
  const shared = mapValues(rates, (rate) => shareOf(rate, share));
  return serverTools === undefined
    ? shared
    : { ...shared, serverTools: mapValues(serverTools, (rate) => ceil(rate, share)) };
}

function shareOf(rate: bigint | undefined, share: bigint): bigint | undefined {
  return rate === undefined ? undefined : ceil(rate, share);
}

function ceil(rate: bigint, share: bigint): bigint {
  return (rate * share + MILLION - 1n) / MILLION;
}

function mapValues<T, R>(record: Readonly<Record<string, T>>, map: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}

/** Whether an override is about a model. */
export function matches({ match }: Override, priceId: string): boolean {
  if (!match.includes("*")) return match === priceId;
  const parts = match.split("*");
  const first = parts[0] ?? "";
  const last = parts.at(-1) ?? "";
  if (!priceId.startsWith(first) || priceId.length < first.length + last.length || !priceId.endsWith(last))
    return false;
  let from = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = priceId.indexOf(part, from);
    if (found === -1) return false;
    from = found + part.length;
  }
  return from <= priceId.length - last.length;
}

/** Orders overrides that are about the same model: an exact id before a pattern, a longer pattern before a shorter, a newer before an older. */
export function precedence(a: Override, b: Override): number {
  const exact = Number(a.match.includes("*")) - Number(b.match.includes("*"));
  return exact || b.match.length - a.match.length || b.validFrom - a.validFrom;
}
