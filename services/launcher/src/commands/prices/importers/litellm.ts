import type { LongContext, Rates } from "@sluice/ledger/prices";
import {
  type ForeignCatalogue,
  type ForeignPrice,
  isJson,
  type Json,
  longOf,
  nanoOf,
  PER_UNIT,
  ratesOf,
  type Unread,
} from "./foreign.ts";

/** The entry that only documents the fields. */
const SAMPLE = "sample_spec";
const TIERS: Readonly<Record<string, string>> = { _batches: "batch", _flex: "flex", _priority: "priority" };
const THRESHOLD = /^input_cost_per_token_above_(\d+)k_tokens$/;

/** Reads LiteLLM's `model_prices_and_context_window.json`: one object by model, prices per token. */
export function readLitellm(document: unknown): ForeignCatalogue {
  const prices: ForeignPrice[] = [];
  const unread: Unread[] = [];
  for (const [name, entry] of Object.entries(isJson(document) ? document : {})) {
    if (name === SAMPLE) continue;
    const provider = isJson(entry) ? entry["litellm_provider"] : undefined;
    if (!isJson(entry) || typeof provider !== "string") {
      unread.push({ name, reason: "it names no provider" });
      continue;
    }
    const rates = ratesOf(ratesIn(entry, ""));
    if (rates === undefined) unread.push({ name, reason: "it has no price that is understood" });
    else
      prices.push({
        provider,
        model: withoutProvider(name, provider),
        tier: { rates, longContext: longIn(entry) },
        tiers: tiersIn(entry),
      });
  }
  return { prices, unread };
}

function withoutProvider(name: string, provider: string): string {
  return name.startsWith(`${provider}/`) ? name.slice(provider.length + 1) : name;
}

function ratesIn(entry: Json, ending: string): Rates {
  const rate = (name: string): bigint | undefined => nanoOf(entry[`${name}${ending}`], PER_UNIT);
  const output = rate("output_cost_per_token");
  const embeds = entry["mode"] === "embedding" || entry["mode"] === "rerank";
  return {
    input: rate("input_cost_per_token"),
    cachedInput: rate("cache_read_input_token_cost"),
    cacheWrite5m: rate("cache_creation_input_token_cost"),
    cacheWrite1h: ending === "" ? rate("cache_creation_input_token_cost_above_1hr") : undefined,
    output: embeds && output === 0n ? undefined : output,
    reasoning: rate("output_cost_per_reasoning_token"),
    audioInput: rate("input_cost_per_audio_token"),
    audioOutput: rate("output_cost_per_audio_token"),
    image: rate("output_cost_per_image"),
    imageOutput: rate("output_cost_per_image_token"),
    imageInput: rate("input_cost_per_image_token"),
    search: rate("input_cost_per_query") || undefined,
    audioSecond: rate("input_cost_per_second"),
    character: rate("input_cost_per_character"),
  };
}

function longIn(entry: Json): readonly LongContext[] | undefined {
  const found = Object.keys(entry).flatMap((field): LongContext[] => {
    const thousands = THRESHOLD.exec(field)?.[1];
    if (thousands === undefined) return [];
    const rates = ratesOf(ratesIn(entry, `_above_${thousands}k_tokens`));
    return rates === undefined ? [] : [{ aboveInputTokens: BigInt(thousands) * 1_000n, rates }];
  });
  return longOf(found);
}

function tiersIn(entry: Json): ForeignPrice["tiers"] {
  const found = Object.entries(TIERS).flatMap(([ending, tier]) => {
    const rates = ratesOf(ratesIn(entry, ending));
    return rates?.input === undefined ? [] : [[tier, { rates }] as const];
  });
  return Object.fromEntries(found);
}
