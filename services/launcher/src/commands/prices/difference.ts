import type { Catalogue, LongContext, Price, Rates, Tier } from "@sluice/ledger/prices";
import type { ForeignCatalogue, ForeignPrice } from "./importers/foreign.ts";

/** How one model of another catalogue stands to this one. */
export interface Difference {
  readonly kind: "new" | "changed" | "unchanged" | "skipped";
  /** The price id; of a skipped one, its name elsewhere. */
  readonly name: string;
  /** What differs, or why it was skipped, as one sentence per item. */
  readonly details: readonly string[];
  /** The price to write; undefined if there is nothing to write. */
  readonly price?: Pick<Price, "rates" | "longContext" | "tiers" | "requestFeesMost"> | undefined;
}

const NAME = /^[^\s@]+$/;

export interface CompareOptions {
  readonly catalogue: Catalogue;
  /** Moment whose prices are compared, epoch milliseconds. */
  readonly at: number;
  /** Only models of this provider; all if undefined. */
  readonly provider: string | undefined;
}

/** Compares another catalogue with this one, model by model, in order of names. */
export function compareCatalogues(foreign: ForeignCatalogue, options: CompareOptions): readonly Difference[] {
  const seen = new Set<string>();
  const found = foreign.prices.flatMap((price): Difference[] => {
    const provider = providerOf(price.provider, options.catalogue);
    if (options.provider !== undefined && options.provider !== provider && options.provider !== price.provider)
      return [];
    const name = `${provider}/${price.model}`;
    const known = options.catalogue.find(`${price.provider}/${price.model}`, options.at);
    const id = known?.priceId ?? name;
    if (!NAME.test(name))
      return [{ kind: "skipped", name, details: ["its name has characters that names here do not have"] }];
    if (seen.has(id))
      return [{ kind: "skipped", name, details: [`it is another name of ${id}, which was there before`] }];
    seen.add(id);
    return [differenceOf(id, price, known)];
  });
  const unread = foreign.unread
    .filter(({ name }) => options.provider === undefined || name.startsWith(`${options.provider}/`))
    .map(({ name, reason }): Difference => ({ kind: "skipped", name, details: [reason] }));
  return [...found, ...unread].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function providerOf(name: string, { content }: Catalogue): string {
  return content.providerAliases?.get(name)?.[0] ?? name;
}

function differenceOf(name: string, foreign: ForeignPrice, known: Price | undefined): Difference {
  const { rates, longContext } = foreign.tier;
  if (known === undefined) {
    if (rates.input === 0n && rates.output === 0n) {
      return { kind: "skipped", name, details: ["it says zero; write it by hand if the model is free"] };
    }
    const tiers = Object.keys(foreign.tiers).length === 0 ? undefined : foreign.tiers;
    return { kind: "new", name, details: describeRates(rates, {}), price: { rates, longContext, tiers } };
  }
  const details = [...describeRates(rates, known.rates), ...longDetails(longContext, known.longContext)];
  if (details.length === 0) return { kind: "unchanged", name, details };
  const lost = Object.keys(known.tiers ?? {}).filter((tier) => !Object.hasOwn(foreign.tiers, tier));
  const without = lost.length === 0 ? [] : [`without rates for the processing tiers ${lost.join(", ")}`];
  return { kind: "changed", name, details: [...details, ...without], price: merged(foreign, known) };
}

/**
 * What the other catalogue does not state stays as it is. Tiers are shares of what changed: the known ones would be wrong, so that those
 * not stated are left without rates.
 */
function merged({ tier, tiers }: ForeignPrice, known: Price): Difference["price"] {
  const stated = Object.keys(tiers).length === 0 && known.tiers === undefined ? undefined : tiers;
  return {
    rates: { ...known.rates, ...tier.rates },
    longContext: tier.longContext ?? known.longContext,
    tiers: stated,
    requestFeesMost: known.requestFeesMost,
  };
}

function longDetails(theirs: Tier["longContext"], ours: Tier["longContext"]): readonly string[] {
  return (theirs ?? []).flatMap(({ aboveInputTokens, rates }: LongContext) => {
    const same = ours?.find((long) => long.aboveInputTokens === aboveInputTokens);
    return describeRates(rates, same?.rates ?? {}).map((detail) => `above ${aboveInputTokens} tokens: ${detail}`);
  });
}

/** Each rate that is stated and not the same: "input 2.5 -> 3". */
export function describeRates(theirs: Rates, ours: Rates): readonly string[] {
  return Object.entries(theirs).flatMap(([name, rate]) => {
    const before = ours[name as keyof Rates];
    if (typeof rate !== "bigint" || before === rate) return [];
    const from = typeof before === "bigint" ? `${usdPerMillion(before)} -> ` : "";
    return [`${snakeCase(name)} ${from}${usdPerMillion(rate)}`];
  });
}

/** Nano-USD per million as US dollars per million, exactly. */
export function usdPerMillion(rate: bigint): string {
  const whole = rate / 1_000_000_000n;
  const fraction = String(rate % 1_000_000_000n)
    .padStart(9, "0")
    .replace(/0+$/, "");
  return fraction === "" ? String(whole) : `${whole}.${fraction}`;
}

/** The name a rate has in catalogue files. */
export function snakeCase(name: string): string {
  return name.replace(/5m|1h|[A-Z]/g, (part) => `_${part.toLowerCase()}`);
}
