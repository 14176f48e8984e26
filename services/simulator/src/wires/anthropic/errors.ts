import type { Failures, Refusal } from "../../serve/wire.ts";

/** The JSON body of a failure. */
export function errorBody(type: string, message: string, requestId?: string) {
  return { type: "error", error: { type, message }, ...(requestId === undefined ? {} : { request_id: requestId }) };
}

interface Told {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function tell({ status, type, message, headers }: Told): Refusal {
  const again = status === 429 || status >= 500;
  return {
    status,
    headers: { "x-should-retry": String(again), ...headers },
    body: (requestId) => errorBody(type, message, requestId),
  };
}

/** A 400; the message says where, as the provider does. */
export function invalid(message: string): Refusal {
  return tell({ status: 400, type: "invalid_request_error", message });
}

const WRONG_KEY = tell({ status: 401, type: "authentication_error", message: "invalid x-api-key" });

/** What the error event in the middle of an answer says. */
export const IN_BAND = { type: "overloaded_error", message: "Overloaded" };

export const failures: Failures = {
  wrongKey: WRONG_KEY,
  faultKey: WRONG_KEY,
  overloaded: tell({ status: 529, ...IN_BAND }),
  inBand: { status: 200, body: (requestId) => errorBody(IN_BAND.type, IN_BAND.message, requestId) },
  faultInvalid: invalid("This request is invalid because the model's name asks for it."),
  crashed: tell({ status: 500, type: "api_error", message: "Internal server error" }),
  rateLimited: (model, seconds) =>
    tell({
      status: 429,
      type: "rate_limit_error",
      message: `This request would exceed the rate limit for your organization of 10,000 requests per minute (model: ${model}). Please try again later.`,
      headers: { "retry-after": String(seconds), "anthropic-ratelimit-requests-remaining": "0" },
    }),
  unknownModel: (model) => tell({ status: 404, type: "not_found_error", message: `model: ${model}` }),
  tooLarge: (bytesMax) =>
    tell({ status: 413, type: "request_too_large", message: `Request exceeds the maximum size of ${bytesMax} bytes` }),
  unreadable: (why) => invalid(why),
  unknownRoute: (method, path, known) =>
    known
      ? tell({ status: 405, type: "invalid_request_error", message: "Method Not Allowed" })
      : tell({ status: 404, type: "not_found_error", message: `Not found: ${method} ${path}` }),
};
