import type { ErrorCode } from "@sluice/platform/errors";

/** What a provider's own words mean, where they say more than the status or something else than usual. */
export interface ErrorRules {
  /** By `code` or `type`, whatever the status. */
  readonly words: Readonly<Record<string, ErrorCode>>;
  /** By the sentence, in this order; looked at before the words. */
  readonly sentences: readonly (readonly [RegExp, ErrorCode])[];
}

export const NO_ERROR_RULES: ErrorRules = { words: {}, sentences: [] };

/** The provider's words win over the status: the same 429 means "wait" or "no money left". */
const BY_WORD: Readonly<Record<string, ErrorCode>> = {
  insufficient_quota: "upstream_quota_exhausted",
  insufficient_balance: "upstream_quota_exhausted",
  billing_hard_limit_reached: "upstream_quota_exhausted",
  billing_not_active: "upstream_quota_exhausted",
  context_length_exceeded: "upstream_context_too_long",
  content_filter: "upstream_content_blocked",
  content_policy_violation: "upstream_content_blocked",
  moderation_blocked: "upstream_content_blocked",
  data_inspection_failed: "upstream_content_blocked",
  model_not_found: "upstream_model_not_found",
  unsupported_model: "upstream_model_not_found",
  deploymentnotfound: "upstream_model_not_found",
  invalid_api_key: "upstream_unauthenticated",
  authentication_error: "upstream_unauthenticated",
  permission_denied: "upstream_forbidden",
  permission_error: "upstream_forbidden",
  rate_limit_exceeded: "upstream_rate_limited",
  rate_limit_error: "upstream_rate_limited",
  overloaded_error: "upstream_overloaded",
  engine_overloaded: "upstream_overloaded",
  server_overloaded: "upstream_overloaded",
  slow_down: "upstream_overloaded",
  server_error: "upstream_unavailable",
  api_error: "upstream_unavailable",
  internal_error: "upstream_unavailable",
  internal_server_error: "upstream_unavailable",
  timeout: "upstream_timeout",
  invalid_request_error: "upstream_invalid_request",
};

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: "upstream_unauthenticated",
  402: "upstream_quota_exhausted",
  403: "upstream_forbidden",
  404: "upstream_model_not_found",
  408: "upstream_timeout",
  409: "upstream_overloaded",
  410: "upstream_model_not_found",
  425: "upstream_overloaded",
  429: "upstream_rate_limited",
  498: "upstream_overloaded",
  503: "upstream_overloaded",
  504: "upstream_timeout",
  524: "upstream_timeout",
  529: "upstream_overloaded",
};

/** The many ways to say that a prompt does not fit. */
const TOO_LONG = new RegExp(
  [
    "max(?:imum)? context length",
    "context (?:length|window|size)",
    "(?:prompt|input|request|length of all messages) is too (?:long|large)",
    "prompt too long",
    "too many (?:input |prompt )?tokens",
    "input token count",
    "reduce the length of",
    "range of input length",
    "prompt exceeds max length",
    "exceeds the model'?s? (?:maximum|context)",
    "tokens? \\+ `?max_new_tokens`? must be",
    "prompt contains \\d+ tokens",
  ].join("|"),
  "i",
);

/** A provider may send any word, also one that every object answers to. */
export function codeByWord(word: string, rules: ErrorRules): ErrorCode | undefined {
  if (Object.hasOwn(rules.words, word)) return rules.words[word];
  const usual = word.toLowerCase();
  return Object.hasOwn(BY_WORD, usual) ? BY_WORD[usual] : undefined;
}

/** What the sentence says by this provider's own rules. */
export function codeBySentence(sentence: string, rules: ErrorRules): ErrorCode | undefined {
  return rules.sentences.find(([pattern]) => pattern.test(sentence))?.[1];
}

/** True if the sentence says that the prompt does not fit into the model. */
export function saysTooLong(sentence: string): boolean {
  return TOO_LONG.test(sentence);
}

/** What a status alone says. */
export function codeByStatus(status: number): ErrorCode {
  const known = BY_STATUS[status];
  if (known !== undefined) return known;
  if (status >= 500) return "upstream_unavailable";
  if (status >= 400) return "upstream_invalid_request";
  return status >= 300 ? "upstream_bad_response" : "upstream_unavailable";
}
