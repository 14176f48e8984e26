import { SluiceError } from "@sluice/platform/errors";
import { printWarnings, RATE_HEADER } from "../facts/headers.ts";

/** An error as OpenAI's clients expect it: status, headers and body. */
export interface OpenAiError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly error: OpenAiErrorBody };
}

export interface OpenAiErrorBody {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string;
}

/** Wait proposed for failures that pass by themselves when nobody said how long they last. */
const DEFAULT_WAIT_MS: Readonly<Partial<Record<string, number>>> = {
  overloaded: 1_000,
  unavailable: 1_000,
  rate_limited: 1_000,
  budget_held: 1_000,
};

/** The body of an error; inner causes never reach the caller. */
export function toOpenAiErrorBody(error: SluiceError, requestId: string): OpenAiErrorBody {
  const message =
    error.code === "internal"
      ? `The gateway failed on this request; its log has the cause under ${requestId}.`
      : error.message;
  return { message, type: error.row.openaiType, param: error.details.param ?? null, code: error.code };
}

/**
 * Makes the OpenAI form of any failure; the only place that does. `retry-after` is in seconds, rounded up;
 * `x-should-retry: false` tells OpenAI's clients that repeating is of no use: nothing will change, or every
 * candidate has been tried.
 */
export function toOpenAiError(thrown: unknown, requestId: string): OpenAiError {
  const error = SluiceError.from(thrown);
  const headers: Record<string, string> = {};
  const attempts = error.details.facts?.["attempts"];
  const never = error.details.facts?.["never"] === "true";
  if (error.row.retry !== "later" || attempts !== undefined || never) headers["x-should-retry"] = "false";
  if (attempts !== undefined) headers["x-sluice-attempts"] = attempts;
  const warnings = error.details.facts?.["warnings"];
  if (warnings !== undefined) headers["x-sluice-warnings"] = printWarnings([warnings]);
  const waitMs = error.details.retryAfterMs ?? DEFAULT_WAIT_MS[error.code];
  Object.assign(headers, rateHeaders(error));
  if (waitMs !== undefined && error.row.retry !== "no" && !never) {
    headers["retry-after"] = String(Math.ceil(waitMs / 1_000));
    headers["retry-after-ms"] = String(Math.ceil(waitMs));
  }
  return { status: error.row.http, headers, body: { error: toOpenAiErrorBody(error, requestId) } };
}

/** Where the rate limits stand that refused a request. */
function rateHeaders({ details }: SluiceError): Record<string, string> {
  const figures = Object.entries(details.facts ?? {}).filter(([name]) => name.startsWith(RATE_FACT));
  return Object.fromEntries(figures.map(([name, value]) => [`${RATE_HEADER}${name.slice(RATE_FACT.length)}`, value]));
}

const RATE_FACT = "rate.";
