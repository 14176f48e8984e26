import type { ResponseRequestBody } from "./schema.ts";

/** Fields that the canonical request says, or that concern the gateway alone. */
const SAID: ReadonlySet<string> = new Set([
  "model",
  "input",
  "instructions",
  "previous_response_id",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "text",
  "reasoning",
  "max_output_tokens",
  "temperature",
  "top_p",
  "top_logprobs",
  "include",
  "metadata",
  "user",
  "prompt_cache_key",
  "service_tier",
  "store",
  "background",
  "conversation",
  "prompt",
  "stream",
  "stream_options",
]);
const TEXT_SAID: ReadonlySet<string> = new Set(["format"]);
const REASONING_SAID: ReadonlySet<string> = new Set(["effort", "summary", "generate_summary"]);

/**
 * Fields the canonical request cannot say, as one JSON object; empty if there are none. A field inside an object is named by its path
 * (`text.verbosity`), so that whoever has to leave it out can say exactly what.
 */
export function extraFields(body: ResponseRequestBody): string {
  const kept = [
    ...rest(body, SAID, ""),
    ...rest(body.text ?? {}, TEXT_SAID, "text."),
    ...rest(body.reasoning ?? {}, REASONING_SAID, "reasoning."),
  ].filter(([name, value]) => name !== "truncation" || value !== "disabled");
  return kept.length === 0 ? "" : JSON.stringify(Object.fromEntries(kept));
}

function rest(object: Readonly<Record<string, unknown>>, said: ReadonlySet<string>, before: string) {
  return Object.entries(object)
    .filter(([name, value]) => !said.has(name) && value !== undefined && value !== null)
    .map(([name, value]) => [before + name, value] as const);
}
