import type { ErrorRules } from "../openai/error-rules.ts";

/** https://docs.cohere.com/reference/errors; its bodies hold a sentence and nothing else. */
export const errors: ErrorRules = {
  words: {},
  sentences: [
    [/limited to \d+ API calls \/ month|upgrade to a Production key/i, "upstream_quota_exhausted"],
    [/too many tokens/i, "upstream_context_too_long"],
    [/model '.*' (?:not found|was removed)|model .*not found/i, "upstream_model_not_found"],
    [/invalid api token|no api key/i, "upstream_unauthenticated"],
    [/blocked (?:input|output)/i, "upstream_content_blocked"],
  ],
};
