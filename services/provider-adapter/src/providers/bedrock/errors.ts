import { type ErrorCode, type ErrorDetails, SluiceError } from "@sluice/platform/errors";
import { headerOf } from "../../http/types.ts";
import type { UpstreamFailure } from "../../provider.ts";
import { redactStart } from "../../redact.ts";
import { retryAfterOf } from "../openai/retry-after.ts";
import { isObject, textOf } from "../openai/wire.ts";

const BODY_MAX = 2_048;
const MESSAGE_MAX = 1_024;

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors, in lower case */
const BY_NAME: Readonly<Record<string, ErrorCode>> = {
  validationexception: "upstream_invalid_request",
  conflictexception: "upstream_invalid_request",
  accessdeniedexception: "upstream_forbidden",
  unrecognizedclientexception: "upstream_unauthenticated",
  invalidsignatureexception: "upstream_unauthenticated",
  incompletesignatureexception: "upstream_unauthenticated",
  missingauthenticationtokenexception: "upstream_unauthenticated",
  invalidclienttokenid: "upstream_unauthenticated",
  expiredtokenexception: "upstream_unauthenticated",
  resourcenotfoundexception: "upstream_model_not_found",
  modeltimeoutexception: "upstream_timeout",
  modelerrorexception: "upstream_unavailable",
  modelstreamerrorexception: "upstream_unavailable",
  throttlingexception: "upstream_rate_limited",
  toomanyrequestsexception: "upstream_rate_limited",
  modelnotreadyexception: "upstream_overloaded",
  servicequotaexceededexception: "upstream_quota_exhausted",
  internalserverexception: "upstream_unavailable",
  internalfailure: "upstream_unavailable",
  serviceunavailableexception: "upstream_overloaded",
};

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: "upstream_unauthenticated",
  402: "upstream_quota_exhausted",
  403: "upstream_forbidden",
  404: "upstream_model_not_found",
  408: "upstream_timeout",
  409: "upstream_invalid_request",
  413: "upstream_context_too_long",
  424: "upstream_unavailable",
  429: "upstream_rate_limited",
  503: "upstream_overloaded",
  504: "upstream_timeout",
};

/** What the general name of a refused request hides in its sentence. The first that fits counts. */
const BY_SENTENCE: readonly (readonly [RegExp, ErrorCode])[] = [
  [
    /too long|exceeds? the (?:maximum|model|context)|context (?:length|window)|too many input tokens|maximum number of tokens/i,
    "upstream_context_too_long",
  ],
  [
    /model identifier is invalid|model (?:ID|version) .*(?:not|end of)|reached the end of its life|doesn't support (?:the model|on-demand)/i,
    "upstream_model_not_found",
  ],
  [/blocked by .*polic|content filter/i, "upstream_content_blocked"],
];

interface Said {
  /** Name of the exception, e.g. "ThrottlingException"; "" if none. */
  readonly name: string;
  readonly message: string;
}

/** The name stands in a header, or in the body after a "#"; both may go on with the name's address. */
function nameOf(failure: UpstreamFailure, body: unknown): string {
  const inBody = isObject(body) ? textOf(body["__type"]) || textOf(body["code"]) : "";
  const said = headerOf(failure.headers, "x-amzn-errortype") ?? inBody;
  return (said.split(":", 1)[0] ?? "").replace(/^.*#/, "").trim();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A gateway's HTML page or a cut body is an answer too: the status has to do.
    return undefined;
  }
}

function readError(failure: UpstreamFailure): Said {
  const body = parse(failure.body);
  const message = isObject(body) ? textOf(body["message"]) || textOf(body["Message"]) : "";
  return { name: nameOf(failure, body), message };
}

function codeByStatus(status: number): ErrorCode {
  const known = BY_STATUS[status];
  if (known !== undefined) return known;
  if (status >= 400 && status < 500) return "upstream_invalid_request";
  return status >= 300 && status < 400 ? "upstream_bad_response" : "upstream_unavailable";
}

function codeOf({ name, message }: Said, status: number): ErrorCode {
  const key = name.toLowerCase();
  const code = (Object.hasOwn(BY_NAME, key) ? BY_NAME[key] : undefined) ?? codeByStatus(status);
  if (code === "upstream_rate_limited" && /per day/i.test(message)) return "upstream_quota_exhausted";
  if (code === "upstream_forbidden" && /security token|signature/i.test(message)) return "upstream_unauthenticated";
  if (code !== "upstream_invalid_request") return code;
  return BY_SENTENCE.find(([pattern]) => pattern.test(message))?.[1] ?? code;
}

function sentence(said: Said, failure: UpstreamFailure): string {
  const text = redactStart(said.message, MESSAGE_MAX).trim();
  if (text !== "") return text;
  if (failure.status >= 300 && failure.status < 400) {
    return `bedrock answered with a redirect (HTTP ${failure.status}), which is not followed; check its base_url.`;
  }
  const named = said.name === "" ? "" : ` (${redactStart(said.name, 64)})`;
  return `bedrock answered with HTTP ${failure.status}${named} and no readable error.`;
}

function errorOf(said: Said, failure: UpstreamFailure, wait: number | undefined): SluiceError {
  const details: ErrorDetails = {
    provider: "bedrock",
    upstreamStatus: failure.status,
    upstreamBody: redactStart(failure.body, BODY_MAX),
    ...(said.name !== "" && { providerCode: redactStart(said.name, 128) }),
    ...(wait !== undefined && { retryAfterMs: wait }),
  };
  return new SluiceError(codeOf(said, failure.status), sentence(said, failure), { details });
}

/** The closed code, the provider's own sentence and the wait it asks for. Credentials are redacted, the body is cut. */
export function mapError(failure: UpstreamFailure, nowMs: number): SluiceError {
  return errorOf(readError(failure), failure, retryAfterOf(failure.headers, nowMs, false));
}

/** An exception that came inside a stream, as a frame of its own. */
export function mapException(name: string, body: string): SluiceError {
  const failure = { status: 200, headers: {}, body };
  return errorOf({ ...readError(failure), name }, failure, undefined);
}
