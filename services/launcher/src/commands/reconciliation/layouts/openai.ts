import { type BillRow, Fields, type Layout, less, type TokenClass } from "../bill-row.ts";

const ACCEPTS =
  "OpenAI's usage export (start_time, model, input_tokens, output_tokens, input_cached_tokens, …) and its costs export (start_time, amount_value or amount.value, line_item), as CSV or as the API's JSON";
const BEGINNINGS = ["start_time_iso", "start_time", "date"] as const;
const ENDS = ["end_time_iso", "end_time"] as const;

/** OpenAI's exports from the dashboard and the answers of /v1/organization/usage/completions and /v1/organization/costs. */
export const openai: Layout = {
  accepts: ACCEPTS,
  read(record): BillRow {
    const fields = new Fields(record, ACCEPTS);
    const said = { line: fields.line, day: fields.day(BEGINNINGS, ENDS), provider: "" };
    if (fields.text("amount_value", "amount.value") !== "") {
      fields.requireUsd("amount_currency", "amount.currency");
      const atto = fields.dollars("amount_value", "amount.value");
      return { ...said, model: modelOf(fields.text("line_item")), tokens: undefined, atto };
    }
    const input = fields.count("input_tokens");
    if (input !== undefined) {
      const model = fields.text("model", "snapshot_id");
      return { ...said, model, tokens: tokensOf(fields, input), atto: undefined };
    }
    return { ...said, model: "", tokens: undefined, atto: undefined };
  },
};

/** Totals include their parts: cached and written tokens, sound and pictures are taken out of the input. */
function tokensOf(fields: Fields, input: bigint): ReadonlyMap<TokenClass, bigint> {
  const part = (name: string): bigint => fields.count(name) ?? 0n;
  const [cached, written] = [part("input_cached_tokens"), part("input_cache_write_tokens")];
  const uncached = fields.count("input_uncached_tokens") ?? less(input, cached, written);
  const [audio, image] = [part("input_audio_tokens"), part("input_image_tokens")];
  const [audioOut, imageOut] = [part("output_audio_tokens"), part("output_image_tokens")];
  return new Map<TokenClass, bigint>([
    ["input_tokens", less(uncached, audio, image)],
    ["cached_input_tokens", cached],
    ["cache_write_5m_tokens", written],
    ["input_audio_tokens", audio],
    ["input_image_tokens", image],
    ["output_tokens", less(part("output_tokens"), audioOut, imageOut)],
    ["output_audio_tokens", audioOut],
    ["output_image_tokens", imageOut],
  ]);
}

/** "gpt-4o-2024-08-06, cached input" is about gpt-4o-2024-08-06. */
function modelOf(lineItem: string): string {
  return lineItem.split(",")[0]?.trim() ?? "";
}
