/** A failure as OpenAI tells it. */
export interface WireError {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly param?: string;
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The JSON body of a failure. */
export function errorBody(error: WireError): {
  error: { message: string; type: string; param: string | null; code: string | null };
} {
  return { error: { message: error.message, type: error.type, param: error.param ?? null, code: error.code ?? null } };
}

/** A 400 about one parameter. */
export function invalid(message: string, param?: string, code?: string): WireError {
  return {
    status: 400,
    type: "invalid_request_error",
    message,
    ...(param === undefined ? {} : { param }),
    ...(code === undefined ? {} : { code }),
  };
}

export const WRONG_KEY: WireError = {
  status: 401,
  type: "invalid_request_error",
  message: "Incorrect API key provided. This is the simulator: its key is shown where it was started.",
  code: "invalid_api_key",
};

export const OVERLOADED: WireError = {
  status: 503,
  type: "server_error",
  message: "The engine is currently overloaded, please try again later.",
};

export const IN_BAND: WireError = {
  status: 200,
  type: "server_error",
  message: "The server had an error while processing your request. Sorry about that!",
};

export const CRASHED: WireError = {
  status: 500,
  type: "server_error",
  message: "The simulator failed to answer this request.",
};

export const FAULT_INVALID = invalid(
  "This request is invalid because the model's name asks for it.",
  "model",
  "invalid_value",
);

/** The 404 of a path nobody serves, or the 405 of one that another method serves. */
export function unknownRoute(method: string, path: string, known: boolean): WireError {
  const message = known
    ? `Not allowed to ${method} on ${path} (HINT: Perhaps you meant to use a different HTTP method?)`
    : `Invalid URL (${method} ${path})`;
  return { status: known ? 405 : 404, type: "invalid_request_error", message };
}

/** The 404 for an unknown model; `why` names what is known. */
export function unknownModel(model: string, why: string): WireError {
  return {
    status: 404,
    type: "invalid_request_error",
    message: `The model \`${model.slice(0, 256)}\` does not exist or you do not have access to it. ${why}`,
    code: "model_not_found",
  };
}

/** The 413 for a body over the limit. */
export function tooLarge(bytesMax: number): WireError {
  return {
    status: 413,
    type: "invalid_request_error",
    message: `The request body is larger than the limit of ${bytesMax} bytes.`,
  };
}

/** The 429 of a rate limit that ends after so many seconds. */
export function rateLimited(model: string, seconds: number): WireError {
  return {
    status: 429,
    type: "requests",
    message: `Rate limit reached for ${model} on requests per min (RPM): Limit 10000, Used 10000, Requested 1. Please try again in ${seconds}s.`,
    code: "rate_limit_exceeded",
    headers: {
      "retry-after": String(seconds),
      "retry-after-ms": String(seconds * 1_000),
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": `${seconds}s`,
    },
  };
}
