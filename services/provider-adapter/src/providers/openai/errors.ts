import { type ErrorCode, type ErrorDetails, SluiceError } from "@sluice/platform/errors";
import type { UpstreamFailure } from "../../provider.ts";
import { redact } from "../../redact.ts";
import { retryAfterOf } from "./retry-after.ts";
import { isObject, textOf, wireError } from "./wire.ts";

const BODY_MAX = 2_048;
const MESSAGE_MAX = 1_024;

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
  425: "upstream_overloaded",
  429: "upstream_rate_limited",
  498: "upstream_overloaded",
  503: "upstream_overloaded",
  504: "upstream_timeout",
  524: "upstream_timeout",
  529: "upstream_overloaded",
};

/** A provider may send any word, also one that every object answers to. */
function byWord(word: string): ErrorCode | undefined {
  return Object.hasOwn(BY_WORD, word) ? BY_WORD[word] : undefined;
}

const TOO_LONG =
  /maximum context length|context (?:length|window)|prompt is too long|too many (?:input )?tokens|input token count/i;
const NOT_SUPPORTED = /\b(?:is|are) not supported\b/i;

/** What an error body says, whichever of the known shapes it has. */
interface Said {
  readonly message: string;
  readonly type: string;
  readonly code: string;
  readonly param: string;
}

const NOTHING_SAID: Said = { message: "", type: "", code: "", param: "" };

function messageText(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}

/** Reads `{error:{…}}`, `{error:"…"}`, `{message,…}`, `{detail}` and lists of these. */
export function readErrorObject(body: unknown): Said {
  const first = Array.isArray(body) ? body[0] : body;
  if (!isObject(first)) return NOTHING_SAID;
  const inner = first["error"] ?? first;
  if (typeof inner === "string") return { ...NOTHING_SAID, message: inner, code: textOf(first["code"]) };
  const parsed = wireError.safeParse(inner);
  if (!parsed.success) return NOTHING_SAID;
  const { message, type, code, param } = parsed.data;
  const said = messageText(message) || messageText(parsed.data["detail"]);
  return {
    message: said,
    type: type ?? "",
    code: code === null || code === undefined ? "" : String(code),
    param: param ?? "",
  };
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A gateway's HTML page or a cut body is an answer too: the status has to do.
    return undefined;
  }
}

function codeByStatus(status: number): ErrorCode {
  const known = BY_STATUS[status];
  if (known !== undefined) return known;
  if (status >= 500) return "upstream_unavailable";
  if (status >= 400) return "upstream_invalid_request";
  return status >= 300 ? "upstream_bad_response" : "upstream_unavailable";
}

function codeOf(said: Said, status: number): ErrorCode {
  // With 413 a rate-limit word means that this one request is over the limit by itself: waiting does not help.
  const byCode = status === 413 ? undefined : byWord(said.code);
  if (byCode !== undefined) return byCode;
  if (status === 413 && said.code === "rate_limit_exceeded") return "upstream_context_too_long";
  if (status === 400 || status === 413 || status === 422) {
    if (TOO_LONG.test(said.message)) return "upstream_context_too_long";
    return byWord(said.type) ?? "upstream_invalid_request";
  }
  if (status === 404 && NOT_SUPPORTED.test(said.message) && said.param === "") return "upstream_invalid_request";
  const inBand = status < 300;
  const numeric = Number(said.code);
  if (inBand && numeric >= 400 && numeric < 600) return codeByStatus(numeric);
  // Behind a failing status a general type adds nothing; inside a 200 it is all there is.
  if (inBand || said.type === "insufficient_quota") return byWord(said.type) ?? codeByStatus(status);
  return codeByStatus(status);
}

function sentence(provider: string, said: Said, failure: UpstreamFailure): string {
  const text = redact(said.message).slice(0, MESSAGE_MAX).trim();
  if (text !== "") return text;
  if (failure.status >= 300 && failure.status < 400) {
    return `${provider} answered with a redirect (HTTP ${failure.status}), which is not followed; check its base_url.`;
  }
  return `${provider} answered with HTTP ${failure.status} and no readable error.`;
}

/** The closed code, the provider's own sentence and the wait it asks for. Credentials are redacted, the body is cut. */
export function mapError(provider: string, failure: UpstreamFailure, nowMs: number): SluiceError {
  const said = readErrorObject(parseBody(failure.body));
  const code = codeOf(said, failure.status);
  const wait = retryAfterOf(failure.headers, nowMs, code === "upstream_rate_limited");
  const providerCode = said.code || said.type;
  const details: ErrorDetails = {
    provider,
    upstreamStatus: failure.status,
    upstreamBody: redact(failure.body).slice(0, BODY_MAX),
    ...(providerCode !== "" && { providerCode: redact(providerCode).slice(0, 128) }),
    ...(said.param !== "" && { param: said.param.slice(0, 256) }),
    ...(wait !== undefined && { retryAfterMs: wait }),
  };
  return new SluiceError(code, sentence(provider, said, failure), { details });
}
