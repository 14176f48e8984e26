import type { ErrorRules } from "../openai/error-rules.ts";

/** https://docs.mistral.ai/resources/error-glossary */
export const errors: ErrorRules = {
  words: {
    rate_limited: "upstream_rate_limited",
    service_tier_capacity_exceeded: "upstream_rate_limited",
    invalid_model: "upstream_model_not_found",
    "1500": "upstream_model_not_found",
    "3051": "upstream_context_too_long",
    "3505": "upstream_rate_limited",
  },
  sentences: [
    [/^invalid model/i, "upstream_model_not_found"],
    [/capacity exceeded/i, "upstream_rate_limited"],
  ],
};
