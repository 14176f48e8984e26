import type { Rates } from "@sluice/ledger/prices";
import {
  type ForeignCatalogue,
  type ForeignPrice,
  isJson,
  type Json,
  longOf,
  nanoOf,
  PER_MILLION,
  ratesOf,
  type Unread,
} from "./foreign.ts";

const THRESHOLD = /^context_over_(\d+)k$/;

/** Reads models.dev's `api.json`: providers with their models, prices per million tokens. */
export function readModelsDev(document: unknown): ForeignCatalogue {
  const prices: ForeignPrice[] = [];
  const unread: Unread[] = [];
  for (const [provider, entry] of Object.entries(isJson(document) ? document : {})) {
    const models = isJson(entry) && isJson(entry["models"]) ? entry["models"] : {};
    for (const [model, facts] of Object.entries(models)) {
      const costs = isJson(facts) ? facts["cost"] : undefined;
      const rates = isJson(costs) ? ratesOf(ratesIn(costs)) : undefined;
      if (!isJson(costs) || rates === undefined)
        unread.push({ name: `${provider}/${model}`, reason: "it has no price" });
      else prices.push({ provider, model, tier: { rates, longContext: longIn(costs) }, tiers: {} });
    }
  }
  return { prices, unread };
}

function ratesIn(costs: Json): Rates {
  const rate = (name: string): bigint | undefined => nanoOf(costs[name], PER_MILLION);
  return {
    input: rate("input"),
    cachedInput: rate("cache_read") || undefined,
    cacheWrite5m: rate("cache_write") || undefined,
    output: rate("output"),
    reasoning: rate("reasoning"),
    audioInput: rate("input_audio"),
    audioOutput: rate("output_audio"),
  };
}

function longIn(costs: Json) {
  return longOf(
    Object.entries(costs).flatMap(([name, value]) => {
      const thousands = THRESHOLD.exec(name)?.[1];
      const rates = isJson(value) ? ratesOf(ratesIn(value)) : undefined;
      return thousands === undefined || rates === undefined
        ? []
        : [{ aboveInputTokens: BigInt(thousands) * 1_000n, rates }];
    }),
  );
}
