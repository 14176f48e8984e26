import type { ErrorRules } from "../openai/error-rules.ts";

/** https://platform.kimi.ai/docs/api/errors; the words are types, not codes. */
export const errors: ErrorRules = {
  words: {
    exceeded_current_quota_error: "upstream_quota_exhausted",
    engine_overloaded_error: "upstream_overloaded",
    rate_limit_reached_error: "upstream_rate_limited",
    invalid_authentication_error: "upstream_unauthenticated",
    incorrect_api_key_error: "upstream_unauthenticated",
    permission_denied_error: "upstream_forbidden",
    resource_not_found_error: "upstream_model_not_found",
    unexpected_output: "upstream_unavailable",
  },
  sentences: [
    [/considered high risk/i, "upstream_content_blocked"],
    [/exceeded model token limit/i, "upstream_context_too_long"],
  ],
};
