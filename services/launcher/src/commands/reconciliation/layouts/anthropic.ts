import { type BillRow, Fields, type Layout, type TokenClass } from "../bill-row.ts";

const ACCEPTS =
  "Anthropic's usage export (usage_date_utc, model_version, usage_input_tokens_no_cache, …) and cost export (usage_date_utc, model, token_type, cost_usd), and its API's usage and cost reports as JSON (starting_at, results)";
const BEGINNINGS = ["usage_date_utc", "usage_hour_utc", "starting_at", "date"] as const;
const ENDS = ["ending_at"] as const;
/** The cost report of the API is in cents. */
const CENTS_PER_USD = 100n;

/** Names of each class: the console's, then the API's. */
const NAMES: readonly (readonly [TokenClass, ...string[]])[] = [
  ["input_tokens", "usage_input_tokens_no_cache", "uncached_input_tokens"],
  ["cached_input_tokens", "usage_input_tokens_cache_read", "cache_read_input_tokens"],
  ["cache_write_5m_tokens", "usage_input_tokens_cache_write_5m", "cache_creation.ephemeral_5m_input_tokens"],
  ["cache_write_1h_tokens", "usage_input_tokens_cache_write_1h", "cache_creation.ephemeral_1h_input_tokens"],
  ["output_tokens", "usage_output_tokens", "output_tokens"],
];

/** Anthropic's exports from the console and the answers of its usage_report and cost_report. */
export const anthropic: Layout = {
  accepts: ACCEPTS,
  read(record): BillRow {
    const fields = new Fields(record, ACCEPTS);
    const said = { line: fields.line, day: fields.day(BEGINNINGS, ENDS), provider: "" };
    const model = fields.text("model_version", "model");
    if (fields.text("cost_usd", "amount") !== "") return { ...said, model, tokens: undefined, atto: amountOf(fields) };
    if (!NAMES.some(([, ...names]) => fields.has(...names))) {
      return { ...said, model: "", tokens: undefined, atto: undefined };
    }
    const tokens = NAMES.map(([name, ...names]) => [name, fields.count(...names) ?? 0n] as const);
    return { ...said, model, tokens: new Map(tokens), atto: undefined };
  },
};

function amountOf(fields: Fields): bigint | undefined {
  fields.requireUsd("currency");
  const dollars = fields.dollars("cost_usd");
  if (dollars !== undefined) return dollars;
  const cents = fields.dollars("amount");
  return cents === undefined ? undefined : cents / CENTS_PER_USD;
}
