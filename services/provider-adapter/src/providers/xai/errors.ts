import type { ErrorRules } from "../openai/error-rules.ts";

/** The code is a gRPC status in words, so the sentence decides: a wrong key is a 400, an empty account a 403 or 429. */
export const errors: ErrorRules = {
  words: {
    "Some requested entity was not found": "upstream_model_not_found",
    "The system is currently experiencing high demand": "upstream_overloaded",
    "Service temporarily unavailable": "upstream_overloaded",
  },
  sentences: [
    [/incorrect api key|no api key|invalid api key|api key is (?:disabled|blocked)/i, "upstream_unauthenticated"],
    [/violates? usage guidelines|SAFETY_CHECK/, "upstream_content_blocked"],
    [/spending limit|used all available credits|any credits|purchase credits/i, "upstream_quota_exhausted"],
    [/model not found|model .{1,80} (?:does not exist|was deprecated)/i, "upstream_model_not_found"],
    [/maximum prompt length/i, "upstream_context_too_long"],
  ],
};
