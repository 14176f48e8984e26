import { SluiceError } from "@sluice/platform/errors";
import type { Price, Rates, Tier } from "./price.ts";

/** Words for the tier that the price itself is about. */
const STANDARD: ReadonlySet<string> = new Set(["", "default", "standard", "standard_only", "on_demand", "auto"]);
/** Tiers that cost less than the standard one: without rates of their own they are charged as it, never as less. */
const CHEAPER: ReadonlySet<string> = new Set(["batch", "flex"]);

/**
 * What an attempt in a processing tier is charged by. A model whose price names no tiers has one price in all of them.
 * @throws model_unpriced if the price names tiers, but not this one, and it may cost more
 */
export function tierOf(price: Price, name: string): Tier {
  const tier = find(price, name);
  if (tier !== undefined) return tier;
  throw new SluiceError("model_unpriced", `Price ${price.id} has no rates for the processing tier "${name}".`);
}

/** Whether an attempt in a processing tier can be charged. */
export function hasTier(price: Price, name: string): boolean {
  return find(price, name) !== undefined;
}

function find(price: Price, name: string): Tier | undefined {
  if (price.tiers === undefined || STANDARD.has(name)) return price;
  const tier = Object.hasOwn(price.tiers, name) ? price.tiers[name] : undefined;
  return tier ?? (CHEAPER.has(name) ? price : undefined);
}

/**
 * Every tier an attempt may end in that asks for one: the provider may fall back to the standard one, and chooses itself if asked to.
 * @throws model_unpriced if the asked one has no rates
 */
export function reachableTiers(price: Price, asked: string): readonly Tier[] {
  if (price.tiers === undefined) return [price];
  if (asked !== "auto") return STANDARD.has(asked) ? [price] : [price, tierOf(price, asked)];
  return [price, ...Object.values(price.tiers)];
}

/** The rates of a tier for an attempt with this many input tokens. */
export function ratesFor(tier: Tier, inputTokens: bigint): Rates {
  let { rates } = tier;
  for (const long of tier.longContext ?? []) if (inputTokens > long.aboveInputTokens) ({ rates } = long);
  return rates;
}
