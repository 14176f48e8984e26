import type { Answer, Ask } from "../../answer/types.ts";
import { cachedTokens } from "../token-rule.ts";

/** Counts of one moment: the input without what came from the cache, and the output so far. */
export function usageCounts(ask: Ask, outputTokens: number) {
  const cached = cachedTokens(ask);
  return {
    input_tokens: ask.promptTokens - cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: outputTokens,
  };
}

/** The part of the output that was thinking; only models that think say it. */
export function outputDetails({ model }: Ask, { reasoningTokens }: Answer) {
  return model.base === "reasoner" ? { output_tokens_details: { thinking_tokens: reasoningTokens } } : {};
}

/** The usage of a whole message, as it starts (0 output tokens) or as it is done. */
export function usageBody(ask: Ask, outputTokens: number) {
  const { output_tokens, ...input } = usageCounts(ask, outputTokens);
  return {
    ...input,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens,
    service_tier: "standard",
    inference_geo: "not_available",
  };
}
