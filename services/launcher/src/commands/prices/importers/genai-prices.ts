import type { LongContext, Rates } from "@sluice/ledger/prices";
import {
  type ForeignCatalogue,
  type ForeignPrice,
  isJson,
  type Json,
  longOf,
  nanoOf,
  PER_MILLION,
  PER_THOUSAND,
  ratesOf,
  type Unread,
} from "./foreign.ts";

const FIELDS: Readonly<Record<string, keyof Rates>> = {
  input_mtok: "input",
  cache_read_mtok: "cachedInput",
  cache_write_mtok: "cacheWrite5m",
  output_mtok: "output",
  input_audio_mtok: "audioInput",
  output_audio_mtok: "audioOutput",
};

/** Reads genai-prices' `data.json`: a list of providers with their models, prices per million tokens, some with thresholds or dates. */
export function readGenaiPrices(document: unknown): ForeignCatalogue {
  const prices: ForeignPrice[] = [];
  const unread: Unread[] = [];
  for (const entry of listOf(document)) {
    const provider = typeof entry["id"] === "string" ? entry["id"] : "";
    for (const facts of listOf(entry["models"])) {
      const model = typeof facts["id"] === "string" ? facts["id"] : "";
      const stated = currentOf(facts["prices"]);
      const rates = stated && ratesOf(baseRates(stated));
      if (stated === undefined)
        unread.push({ name: `${provider}/${model}`, reason: "its price depends on the time of day" });
      else if (rates === undefined) unread.push({ name: `${provider}/${model}`, reason: "it has no price" });
      else prices.push({ provider, model, tier: { rates, longContext: longIn(stated) }, tiers: {} });
    }
  }
  return { prices, unread };
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isJson) : [];
}

/** The prices in force: of several, the last whose date has come. Hours of the day are no date. */
function currentOf(value: unknown): Json | undefined {
  if (isJson(value)) return value;
  const today = new Date().toISOString().slice(0, 10);
  let current: Json | undefined;
  for (const { constraint, prices } of listOf(value)) {
    const from = isJson(constraint) ? constraint["start_date"] : "";
    if (typeof from !== "string") return undefined;
    if (from <= today && isJson(prices)) current = prices;
  }
  return current;
}

function baseRates(stated: Json): Rates {
  const rates = Object.entries(FIELDS).map(([field, name]) => {
    const value = stated[field];
    return [name, nanoOf(isJson(value) ? value["base"] : value, PER_MILLION)];
  });
  return { ...Object.fromEntries(rates), request: nanoOf(stated["requests_kcount"], PER_THOUSAND) };
}

/** A threshold of one class is one of the whole attempt: the other classes keep their rates there. */
function longIn(stated: Json): readonly LongContext[] | undefined {
  const starts = new Set(
    Object.keys(FIELDS).flatMap((field) =>
      tiersOf(stated[field]).flatMap(({ start }) => (typeof start === "number" ? [start] : [])),
    ),
  );
  return longOf(
    [...starts].map((start) => {
      const above = Object.entries(FIELDS).map(([field, name]) => {
        const reached = tiersOf(stated[field]).filter(
          (tier) => typeof tier["start"] === "number" && tier["start"] <= start,
        );
        const value = stated[field];
        return [name, nanoOf(reached.at(-1)?.["price"] ?? (isJson(value) ? value["base"] : value), PER_MILLION)];
      });
      return { aboveInputTokens: BigInt(start), rates: ratesOf(Object.fromEntries(above)) ?? {} };
    }),
  );
}

function tiersOf(value: unknown): readonly Json[] {
  return isJson(value) ? listOf(value["tiers"]) : [];
}
