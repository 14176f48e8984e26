/**
 * The closed list of error codes: one row says how a code looks over gRPC, over HTTP, whether the same call
 * may succeed later, and how loudly it is logged. Nothing else in the project decides a status.
 */

/** gRPC status numbers used by the table (https://grpc.io/docs/guides/status-codes/). */
export const GRPC_STATUS = {
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

/** What a caller may do about the failure: nothing, wait and repeat, or let the router take another candidate. */
export type Retry = "no" | "later" | "other_target";

export interface ErrorRow {
  readonly grpc: number;
  readonly http: number;
  readonly retry: Retry;
  readonly log: "debug" | "info" | "warn" | "error";
  /** The `type` field of OpenAI's error body. */
  readonly openaiType: string;
}

const G = GRPC_STATUS;
const row = (grpc: number, http: number, retry: Retry, log: ErrorRow["log"], openaiType: string): ErrorRow => ({
  grpc,
  http,
  retry,
  log,
  openaiType,
});

export const ERROR_TABLE = {
  invalid_request: row(G.INVALID_ARGUMENT, 400, "no", "info", "invalid_request_error"),
  not_found: row(G.NOT_FOUND, 404, "no", "info", "invalid_request_error"),
  method_not_allowed: row(G.INVALID_ARGUMENT, 405, "no", "info", "invalid_request_error"),
  payload_too_large: row(G.INVALID_ARGUMENT, 413, "no", "info", "invalid_request_error"),
  unsupported_media_type: row(G.INVALID_ARGUMENT, 415, "no", "info", "invalid_request_error"),
  conflict: row(G.ALREADY_EXISTS, 409, "no", "info", "invalid_request_error"),
  unauthenticated: row(G.UNAUTHENTICATED, 401, "no", "info", "authentication_error"),
  forbidden: row(G.PERMISSION_DENIED, 403, "no", "info", "permission_error"),
  content_blocked: row(G.FAILED_PRECONDITION, 400, "no", "info", "invalid_request_error"),
  rate_limited: row(G.RESOURCE_EXHAUSTED, 429, "later", "info", "rate_limit_error"),
  budget_exhausted: row(G.RESOURCE_EXHAUSTED, 402, "no", "info", "insufficient_quota"),
  budget_held: row(G.RESOURCE_EXHAUSTED, 429, "later", "info", "rate_limit_error"),
  model_unpriced: row(G.FAILED_PRECONDITION, 402, "no", "warn", "insufficient_quota"),
  upstream_invalid_request: row(G.FAILED_PRECONDITION, 400, "no", "info", "invalid_request_error"),
  upstream_context_too_long: row(G.FAILED_PRECONDITION, 400, "other_target", "info", "invalid_request_error"),
  upstream_content_blocked: row(G.FAILED_PRECONDITION, 400, "other_target", "info", "invalid_request_error"),
  upstream_model_not_found: row(G.FAILED_PRECONDITION, 404, "other_target", "warn", "invalid_request_error"),
  upstream_unauthenticated: row(G.FAILED_PRECONDITION, 502, "other_target", "error", "api_error"),
  upstream_forbidden: row(G.FAILED_PRECONDITION, 502, "other_target", "error", "api_error"),
  upstream_quota_exhausted: row(G.RESOURCE_EXHAUSTED, 502, "other_target", "error", "api_error"),
  upstream_rate_limited: row(G.RESOURCE_EXHAUSTED, 429, "later", "warn", "rate_limit_error"),
  upstream_overloaded: row(G.UNAVAILABLE, 503, "other_target", "warn", "api_error"),
  upstream_unavailable: row(G.UNAVAILABLE, 502, "other_target", "warn", "api_error"),
  upstream_timeout: row(G.DEADLINE_EXCEEDED, 504, "other_target", "warn", "api_error"),
  upstream_bad_response: row(G.UNAVAILABLE, 502, "other_target", "warn", "api_error"),
  credential_missing: row(G.FAILED_PRECONDITION, 503, "other_target", "warn", "api_error"),
  timeout: row(G.DEADLINE_EXCEEDED, 504, "later", "warn", "api_error"),
  overloaded: row(G.UNAVAILABLE, 503, "later", "warn", "api_error"),
  unavailable: row(G.UNAVAILABLE, 503, "later", "warn", "api_error"),
  cancelled: row(G.CANCELLED, 499, "no", "debug", "api_error"),
  internal: row(G.INTERNAL, 500, "no", "error", "api_error"),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERROR_TABLE;

/** True if `code` is one of the table's codes; use it on codes that arrive over the wire. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_TABLE, code);
}
