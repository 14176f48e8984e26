import type { Answer, Ask } from "../../answer/types.ts";
import { cachedTokens } from "../token-rule.ts";

/** The usage object of an answer, with every detail OpenAI shows. */
export function usageBody(ask: Ask, answer: Answer) {
  const { promptTokens } = ask;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: answer.completionTokens,
    total_tokens: promptTokens + answer.completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens(ask), audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: answer.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
