import { type ErrorCode, type ErrorDetails, SluiceError } from "@sluice/platform/errors";
import { headerOf, type ResponseHeaders } from "../../http/types.ts";
import type { UpstreamFailure } from "../../provider.ts";
import { redactStart } from "../../redact.ts";
import { retryAfterOf } from "../openai/retry-after.ts";
import { isObject } from "../openai/wire.ts";
import { wireError } from "./wire.ts";

const BODY_MAX = 2_048;
const MESSAGE_MAX = 1_024;
/** Longest wait believed: a day. */
const WAIT_MAX_MS = 86_400_000;

/** https://platform.claude.com/docs/en/api/errors */
const BY_TYPE: Readonly<Record<string, ErrorCode>> = {
  invalid_request_error: "upstream_invalid_request",
  authentication_error: "upstream_unauthenticated",
  billing_error: "upstream_quota_exhausted",
  permission_error: "upstream_forbidden",
  not_found_error: "upstream_model_not_found",
  request_too_large: "upstream_context_too_long",
  rate_limit_error: "upstream_rate_limited",
  timeout_error: "upstream_timeout",
  api_error: "upstream_unavailable",
  overloaded_error: "upstream_overloaded",
};

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: "upstream_unauthenticated",
  402: "upstream_quota_exhausted",
  403: "upstream_forbidden",
  404: "upstream_model_not_found",
  408: "upstream_timeout",
  409: "upstream_overloaded",
  413: "upstream_context_too_long",
  425: "upstream_overloaded",
  429: "upstream_rate_limited",
  503: "upstream_overloaded",
  504: "upstream_timeout",
  524: "upstream_timeout",
  529: "upstream_overloaded",
};

const NO_MONEY = /credit balance|usage limits?\b|spend(?:ing)? limit|out of credits/i;

/** What the general type of a refused request hides in its sentence. The first that fits counts. */
const BY_SENTENCE: readonly (readonly [RegExp, ErrorCode])[] = [
  [NO_MONEY, "upstream_quota_exhausted"],
  [
    /prompt is too long|exceeds? (?:the )?context (?:limit|window)|context window|too many (?:input )?tokens/i,
    "upstream_context_too_long",
  ],
  [/content filter(?:ing)?|blocked by .*polic/i, "upstream_content_blocked"],
  [/organization has been disabled/i, "upstream_forbidden"],
];

interface Said {
  readonly type: string;
  readonly message: string;
  /** The finer word newer errors carry; "" if none. */
  readonly detail: string;
}

const NOTHING_SAID: Said = { type: "", message: "", detail: "" };

function messageText(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}

/** Reads `{type: "error", error: {…}}`, and what proxies make of it: `{error: "…"}`, `{message}`, `{detail}`. */
function readError(body: string): Said {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    // A gateway's HTML page or a cut body is an answer too: the status has to do.
    return NOTHING_SAID;
  }
  if (!isObject(value)) return NOTHING_SAID;
  const inner = value["error"] ?? value;
  if (typeof inner === "string") return { ...NOTHING_SAID, message: inner };
  const parsed = wireError.safeParse(inner);
  if (!parsed.success) return NOTHING_SAID;
  const { type, message, details } = parsed.data;
  return {
    type: type === "error" ? "" : (type ?? ""),
    message: messageText(message) || messageText(parsed.data["detail"]),
    detail: details?.error_code ?? "",
  };
}

function codeByStatus(status: number): ErrorCode {
  const known = BY_STATUS[status];
  if (known !== undefined) return known;
  if (status >= 500) return "upstream_unavailable";
  if (status >= 400) return "upstream_invalid_request";
  return status >= 300 ? "upstream_bad_response" : "upstream_unavailable";
}

function codeOf(said: Said, status: number): ErrorCode {
  if (/spend_limit|billing/.test(said.detail)) return "upstream_quota_exhausted";
  const limited = said.type === "rate_limit_error" || status === 429;
  if (limited && NO_MONEY.test(said.message)) return "upstream_quota_exhausted";
  if (!limited && status < 500 && (said.type === "" || said.type === "invalid_request_error")) {
    const found = BY_SENTENCE.find(([pattern]) => pattern.test(said.message));
    if (found !== undefined) return found[1];
  }
  const byType = Object.hasOwn(BY_TYPE, said.type) ? BY_TYPE[said.type] : undefined;
  // A general type adds nothing to a telling status: 504 with api_error is a timeout.
  const telling = BY_STATUS[status] !== undefined && (said.type === "api_error" || byType === undefined);
  return telling ? codeByStatus(status) : (byType ?? codeByStatus(status));
}

const LIMITS = ["requests", "tokens", "input-tokens", "output-tokens"];

/** How long until the limit that has nothing left is reset, in milliseconds. */
function untilReset(headers: ResponseHeaders, nowMs: number): number | undefined {
  const waits = LIMITS.flatMap((limit) => {
    const remaining = headerOf(headers, `anthropic-ratelimit-${limit}-remaining`)?.trim();
    const moment = Date.parse(headerOf(headers, `anthropic-ratelimit-${limit}-reset`) ?? "");
    return remaining === "0" && !Number.isNaN(moment) ? [Math.max(0, moment - nowMs)] : [];
  });
  return waits.length === 0 ? undefined : Math.min(WAIT_MAX_MS, Math.max(...waits));
}

function sentence(provider: string, said: Said, failure: UpstreamFailure): string {
  const text = redactStart(said.message, MESSAGE_MAX).trim();
  if (text !== "") return text;
  if (failure.status >= 300 && failure.status < 400) {
    return `${provider} answered with a redirect (HTTP ${failure.status}), which is not followed; check its base_url.`;
  }
  return `${provider} answered with HTTP ${failure.status} and no readable error.`;
}

/** The closed code, the provider's own sentence and the wait it asks for. Credentials are redacted, the body is cut. */
export function mapError(provider: string, failure: UpstreamFailure, nowMs: number): SluiceError {
  const said = readError(failure.body);
  const code = codeOf(said, failure.status);
  const asked = retryAfterOf(failure.headers, nowMs, false);
  const wait = asked ?? (code === "upstream_rate_limited" ? untilReset(failure.headers, nowMs) : undefined);
  const providerCode = said.detail || said.type;
  const details: ErrorDetails = {
    provider,
    upstreamStatus: failure.status,
    upstreamBody: redactStart(failure.body, BODY_MAX),
    ...(providerCode !== "" && { providerCode: redactStart(providerCode, 128) }),
    ...(wait !== undefined && { retryAfterMs: wait }),
  };
  return new SluiceError(code, sentence(provider, said, failure), { details });
}
