import type { SluiceError } from "@sluice/platform/errors";
import { printWarnings, RATE_HEADER } from "../facts/headers.ts";

/** An error as the clients of one dialect expect it. */
export interface PrintedError {
  readonly status: number;
  readonly body: unknown;
  /** Headers of this dialect alone. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** How the doors of one dialect tell errors. */
export interface ErrorShape {
  /** Prints any failure; the only place of its dialect that does. */
  print(error: SluiceError, requestId: string): PrintedError;
}

/** What the caller may read of a failure; inner causes never reach it. */
export function publicMessage(error: SluiceError, requestId: string): string {
  return error.code === "internal"
    ? `The gateway failed on this request; its log has the cause under ${requestId}.`
    : error.message;
}

/** Wait proposed for failures that pass by themselves when nobody said how long they last. */
const DEFAULT_WAIT_MS: Readonly<Partial<Record<string, number>>> = {
  overloaded: 1_000,
  unavailable: 1_000,
  rate_limited: 1_000,
  budget_held: 1_000,
};

/**
 * Headers of an error in every dialect. `retry-after` is in seconds, rounded up;
 * `x-should-retry: false` tells OpenAI's clients that repeating is of no use: nothing will change, or every
 * candidate has been tried.
 */
export function errorHeaders(error: SluiceError): Record<string, string> {
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
  return headers;
}

/** Where the rate limits stand that refused a request. */
function rateHeaders({ details }: SluiceError): Record<string, string> {
  const figures = Object.entries(details.facts ?? {}).filter(([name]) => name.startsWith(RATE_FACT));
  return Object.fromEntries(figures.map(([name, value]) => [`${RATE_HEADER}${name.slice(RATE_FACT.length)}`, value]));
}

const RATE_FACT = "rate.";
