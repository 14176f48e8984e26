import type { ErrorRules } from "../openai/error-rules.ts";

/** What only this door says, and what the providers behind it say in their own words. */
export const errors: ErrorRules = {
  words: {},
  sentences: [
    [/free-models-per-day|key limit exceeded|insufficient credits|requires more credits/i, "upstream_quota_exhausted"],
    [/no endpoints found that (?:support|can handle)/i, "upstream_invalid_request"],
    [/is not a valid model id|no endpoints found|no allowed providers/i, "upstream_model_not_found"],
    [/violates? usage guidelines|requires moderation|flagged/i, "upstream_content_blocked"],
    [/token limit reached/i, "upstream_context_too_long"],
  ],
};
