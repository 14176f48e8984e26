import type { Exchange } from "./types.ts";

/** What a body says, and the codes that are then right; the first rule that fits counts. */
const BY_WORDS: readonly (readonly [RegExp, readonly string[]])[] = [
  [
    /maximum context length|prompt is too long|prompt too long|input token count|too_many_prompt_tokens/i,
    ["upstream_context_too_long"],
  ],
  [/data_inspection_failed|content_filter|content management policy/i, ["upstream_content_blocked"]],
  [/API key not valid|API_KEY_INVALID|Incorrect API key/i, ["upstream_unauthenticated"]],
  [/insufficient_quota|PerDay|insufficient balance/i, ["upstream_quota_exhausted"]],
  [/User location is not supported/i, ["upstream_forbidden", "upstream_invalid_request"]],
  [/check quota/i, ["upstream_quota_exhausted", "upstream_rate_limited"]],
  [/capacity exceeded/i, ["upstream_rate_limited", "upstream_overloaded"]],
  [/model identifier is invalid/i, ["upstream_model_not_found", "upstream_invalid_request"]],
  [/security token included in the request/i, ["upstream_unauthenticated", "upstream_forbidden"]],
  [/model_decommissioned|model_not_found/i, ["upstream_model_not_found"]],
  [/SAFETY_CHECK/i, ["upstream_content_blocked", "upstream_forbidden"]],
];
const BY_STATUS: Readonly<Record<number, readonly string[]>> = {
  400: ["upstream_invalid_request"],
  401: ["upstream_unauthenticated"],
  402: ["upstream_quota_exhausted"],
  403: ["upstream_forbidden"],
  404: ["upstream_model_not_found", "upstream_invalid_request"],
  408: ["upstream_timeout"],
  422: ["upstream_invalid_request"],
  429: ["upstream_rate_limited"],
  500: ["upstream_unavailable"],
  502: ["upstream_unavailable"],
  503: ["upstream_overloaded", "upstream_unavailable"],
  504: ["upstream_timeout"],
  529: ["upstream_overloaded"],
};

/** The codes that describe a refused exchange rightly. */
export function codesOf({ response }: Exchange): readonly string[] {
  const said = JSON.stringify(response.body ?? "");
  // Google names a wait for limits that pass; a daily quota has none.
  if (response.status === 429 && said.includes("ai.google.dev") && !said.includes("RetryInfo"))
    return ["upstream_quota_exhausted"];
  const byWords = BY_WORDS.find(([words]) => words.test(said))?.[1];
  return byWords ?? BY_STATUS[response.status] ?? [];
}
