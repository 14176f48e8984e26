import { type ErrorCode, type ErrorDetails, SluiceError } from "@sluice/platform/errors";
import type { UpstreamFailure } from "../../provider.ts";
import { redact, redactStart } from "../../redact.ts";
import { parseDuration, retryAfterOf } from "../openai/retry-after.ts";
import { isObject, objectsOf, textOf, wireStatus } from "./wire.ts";

const BODY_MAX = 2_048;
const MESSAGE_MAX = 1_024;
/** Longest wait believed: a day. */
const WAIT_MAX_MS = 86_400_000;

/** Canonical codes of https://google.aip.dev/193 and what they mean for a caller. */
const BY_WORD: Readonly<Record<string, ErrorCode>> = {
  INVALID_ARGUMENT: "upstream_invalid_request",
  FAILED_PRECONDITION: "upstream_invalid_request",
  OUT_OF_RANGE: "upstream_invalid_request",
  UNIMPLEMENTED: "upstream_invalid_request",
  UNAUTHENTICATED: "upstream_unauthenticated",
  PERMISSION_DENIED: "upstream_forbidden",
  NOT_FOUND: "upstream_model_not_found",
  RESOURCE_EXHAUSTED: "upstream_rate_limited",
  ABORTED: "upstream_overloaded",
  UNAVAILABLE: "upstream_overloaded",
  DEADLINE_EXCEEDED: "upstream_timeout",
  CANCELLED: "upstream_unavailable",
  INTERNAL: "upstream_unavailable",
  UNKNOWN: "upstream_unavailable",
  DATA_LOSS: "upstream_unavailable",
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
  499: "upstream_unavailable",
  503: "upstream_overloaded",
  504: "upstream_timeout",
  524: "upstream_timeout",
  529: "upstream_overloaded",
};

const BAD_KEY = /^API_KEY_(?:INVALID|EXPIRED)$|API[_ ]key (?:not valid|expired|not found)/i;
const TOO_LONG = /input token count|exceeds the maximum number of (?:input )?tokens|context (?:length|window)/i;
const FILTERED = /responsible ai|safety (?:filter|polic|setting)|sensitive words|prohibited (?:content|use)/i;
const PLACE = /user location is not supported/i;
const UNPAID = /billing (?:account|is|must|to be)|prepayment credits|spending cap|free tier is not available/i;
/** Google words a spent daily or free quota so, and then names no moment at which to come back. */
const SPENT = /exceeded your current quota/i;
const NO_QUOTA = /\blimit: 0\b/;

/** What an error body says. */
interface Said {
  readonly message: string;
  /** Canonical code, e.g. "RESOURCE_EXHAUSTED". */
  readonly status: string;
  /** HTTP status inside the body; 0 if none. */
  readonly code: number;
  readonly reason: string;
  /** Ids of the quotas that are used up. */
  readonly quotas: readonly string[];
  readonly retryMs: number | undefined;
}

const NOTHING_SAID: Said = { message: "", status: "", code: 0, reason: "", quotas: [], retryMs: undefined };

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A gateway's HTML page or a cut body is an answer too: the status has to do.
    return undefined;
  }
}

function delayOf(value: unknown): number | undefined {
  if (typeof value === "string") return parseDuration(value);
  if (!isObject(value)) return undefined;
  const ms = Number(value["seconds"] ?? 0) * 1_000 + Number(value["nanos"] ?? 0) / 1e6;
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

/** Reads `{error:{…}}`, lists of it, and the object itself. */
function readStatus(body: unknown): Said {
  const first = Array.isArray(body) ? body[0] : body;
  if (!isObject(first)) return NOTHING_SAID;
  const inner = first["error"] ?? first;
  if (typeof inner === "string") return { ...NOTHING_SAID, message: inner };
  const parsed = wireStatus.safeParse(inner);
  if (!parsed.success) return NOTHING_SAID;
  const { message, status, code, details } = parsed.data;
  const ofType = (name: string) => (details ?? []).filter((detail) => textOf(detail["@type"]).endsWith(name));
  const older = objectsOf(parsed.data["errors"])[0];
  return {
    message: typeof message === "string" ? message : message === undefined ? "" : JSON.stringify(message),
    status: status ?? "",
    code: Number(code ?? 0) || 0,
    reason: textOf(ofType("ErrorInfo")[0]?.["reason"]) || textOf(older?.["reason"]),
    quotas: ofType("QuotaFailure").flatMap((failure) =>
      objectsOf(failure["violations"]).map((one) => textOf(one["quotaId"]) || textOf(one["subject"])),
    ),
    retryMs: delayOf(ofType("RetryInfo")[0]?.["retryDelay"]),
  };
}

function limitCode(said: Said): ErrorCode {
  const forADay = said.quotas.some((id) => /per_?day/i.test(id));
  if (forADay || NO_QUOTA.test(said.message) || UNPAID.test(said.message)) return "upstream_quota_exhausted";
  const spent = said.retryMs === undefined && said.quotas.length === 0 && SPENT.test(said.message);
  return spent ? "upstream_quota_exhausted" : "upstream_rate_limited";
}

function requestCode(said: Said): ErrorCode {
  if (BAD_KEY.test(said.reason) || BAD_KEY.test(said.message)) return "upstream_unauthenticated";
  if (TOO_LONG.test(said.message)) return "upstream_context_too_long";
  if (PLACE.test(said.message)) return "upstream_forbidden";
  if (said.status === "FAILED_PRECONDITION" && UNPAID.test(said.message)) return "upstream_quota_exhausted";
  if (FILTERED.test(said.message)) return "upstream_content_blocked";
  return "upstream_invalid_request";
}

function codeByStatus(status: number): ErrorCode {
  const known = BY_STATUS[status];
  if (known !== undefined) return known;
  if (status >= 500) return "upstream_unavailable";
  if (status >= 400) return "upstream_invalid_request";
  return status >= 300 ? "upstream_bad_response" : "upstream_unavailable";
}

function codeOf(said: Said, status: number): ErrorCode {
  // Inside a 200 the body's own code is all there is; the word is the finer of the two.
  const effective = status < 300 && said.code >= 400 ? said.code : status;
  const word = Object.hasOwn(BY_WORD, said.status) ? BY_WORD[said.status] : undefined;
  const code = word ?? codeByStatus(effective);
  if (code === "upstream_rate_limited") return limitCode(said);
  return code === "upstream_invalid_request" ? requestCode(said) : code;
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
  const said = readStatus(parseBody(failure.body));
  const fromHeaders = retryAfterOf(failure.headers, nowMs, false);
  const wait = fromHeaders ?? (said.retryMs === undefined ? undefined : Math.min(WAIT_MAX_MS, Math.ceil(said.retryMs)));
  const providerCode = said.status || said.reason;
  const details: ErrorDetails = {
    provider,
    upstreamStatus: failure.status,
    upstreamBody: redactStart(failure.body, BODY_MAX),
    ...(providerCode !== "" && { providerCode: redactStart(providerCode, 128) }),
    ...(wait !== undefined && { retryAfterMs: wait }),
  };
  return new SluiceError(codeOf(said, failure.status), sentence(provider, said, failure), { details });
}

const SNIPPET = 256;

/** The error for an answer that cannot be read, with its start for the log. */
export function unreadable(provider: string, what: string, body: string, cause?: unknown): SluiceError {
  const details = { provider, upstreamBody: redact(body.slice(0, SNIPPET)) };
  return new SluiceError("upstream_bad_response", `${provider} sent ${what}.`, { cause, details });
}
