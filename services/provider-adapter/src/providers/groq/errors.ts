import type { ErrorRules } from "../openai/error-rules.ts";

/** https://console.groq.com/docs/errors; a failed tool call or JSON text is the model's mistake, not the caller's. */
export const errors: ErrorRules = {
  words: {
    tool_use_failed: "upstream_bad_response",
    json_validate_failed: "upstream_bad_response",
    output_parse_failed: "upstream_bad_response",
    model_decommissioned: "upstream_model_not_found",
    model_not_active: "upstream_model_not_found",
    model_terms_required: "upstream_forbidden",
    organization_restricted: "upstream_forbidden",
    blocked_api_access: "upstream_quota_exhausted",
    over_capacity: "upstream_overloaded",
    request_too_large: "upstream_context_too_long",
  },
  sentences: [],
};
