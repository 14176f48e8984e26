import type { Exchange } from "../../http/exchange.ts";
import type { Failures, Refusal } from "../../serve/wire.ts";

const RPC = "type.googleapis.com/google.rpc";

interface Told {
  readonly code: number;
  readonly status: string;
  readonly message: string;
  readonly details?: readonly object[];
}

/** The JSON body of a failure. */
export function errorBody({ code, message, status, details }: Told) {
  return { error: { code, message, status, ...(details === undefined ? {} : { details }) } };
}

/** True for a streamed answer that is one JSON array: without `alt=sse`. */
export function isArrayStream({ path, query }: Exchange): boolean {
  return path.endsWith(":streamGenerateContent") && query.get("alt") !== "sse";
}

function tell(told: Told): Refusal {
  const body = errorBody(told);
  return { status: told.code, body: (_requestId, exchange) => (isArrayStream(exchange) ? [body] : body) };
}

/** A 400 in a sentence. */
export function invalid(message: string): Refusal {
  return tell({ code: 400, status: "INVALID_ARGUMENT", message });
}

/** The 400 about a field that does not exist, e.g. in `generation_config`; `at` is empty for the request itself. */
export function unknownField(name: string, at: string): Refusal {
  const place = at === "" ? "" : ` at '${at}'`;
  const description = `Invalid JSON payload received. Unknown name "${name.slice(0, 64)}"${place}: Cannot find field.`;
  const violation = at === "" ? { description } : { field: at, description };
  const details = [{ "@type": `${RPC}.BadRequest`, fieldViolations: [violation] }];
  return tell({ code: 400, status: "INVALID_ARGUMENT", message: description, details });
}

const KEY_MESSAGE = "API key not valid. Please pass a valid API key.";
const OVERLOADED: Told = {
  code: 503,
  status: "UNAVAILABLE",
  message:
    "This model is currently experiencing high demand. Spikes in demand are usually temporary. Please try again later.",
};

/** What an answer that fails with status 200 says. */
export const IN_BAND: Told = {
  code: 500,
  status: "INTERNAL",
  message: "An internal error has occurred. Please retry or report it to the developer forum.",
};

function rateLimited(model: string, seconds: number): Refusal {
  const metric = "generativelanguage.googleapis.com/generate_content_paid_tier_requests";
  const violation = {
    quotaMetric: metric,
    quotaId: "GenerateContentPaidTierRequestsPerModelPerMinute",
    quotaDimensions: { location: "global", model },
    quotaValue: "10000",
  };
  return tell({
    code: 429,
    status: "RESOURCE_EXHAUSTED",
    message: `You exceeded your current quota. \n* Quota exceeded for metric: ${metric}, limit: 10000, model: ${model}\nPlease retry in ${seconds}s.`,
    details: [
      { "@type": `${RPC}.QuotaFailure`, violations: [violation] },
      { "@type": `${RPC}.RetryInfo`, retryDelay: `${seconds}s` },
    ],
  });
}

export const failures: Failures = {
  wrongKey: tell({
    code: 400,
    status: "INVALID_ARGUMENT",
    message: KEY_MESSAGE,
    details: [
      {
        "@type": `${RPC}.ErrorInfo`,
        reason: "API_KEY_INVALID",
        domain: "googleapis.com",
        metadata: { service: "generativelanguage.googleapis.com" },
      },
      { "@type": `${RPC}.LocalizedMessage`, locale: "en-US", message: KEY_MESSAGE },
    ],
  }),
  faultKey: tell({
    code: 401,
    status: "UNAUTHENTICATED",
    message:
      "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.",
  }),
  overloaded: tell(OVERLOADED),
  inBand: { ...tell(IN_BAND), status: 200 },
  faultInvalid: invalid("Request contains an invalid argument: the model's name asks for it."),
  crashed: tell({ code: 500, status: "INTERNAL", message: "Internal error encountered." }),
  rateLimited,
  unknownModel: (model) =>
    tell({
      code: 404,
      status: "NOT_FOUND",
      message: `models/${model} is not found for API version v1beta, or is not supported for generateContent. Call ModelService.ListModels to see the list of available models and their supported methods.`,
    }),
  tooLarge: (bytesMax) =>
    invalid(`Request payload size exceeds the limit: ${bytesMax} bytes. Please use the File API for larger media.`),
  unreadable: (why) => invalid(`Invalid JSON payload received. ${why}`),
  unknownRoute: (method, path, known) =>
    tell({
      code: known ? 405 : 404,
      status: known ? "UNIMPLEMENTED" : "NOT_FOUND",
      message: `The requested URL ${path} was not found for ${method}.`,
    }),
};
