import { bearerKey, headerKey } from "../../http/authorize.ts";
import type { Door } from "../../serve/wire.ts";
import { failures } from "./errors.ts";

const LIMITS = { requests: 10_000, tokens: 12_000_000, "input-tokens": 10_000_000, "output-tokens": 2_000_000 };

function limitHeaders(): Record<string, string> {
  const reset = `${new Date().toISOString().slice(0, 19)}Z`;
  const headers: Record<string, string> = {};
  for (const [name, limit] of Object.entries(LIMITS)) {
    headers[`anthropic-ratelimit-${name}-limit`] = String(limit);
    headers[`anthropic-ratelimit-${name}-remaining`] = String(name === "requests" ? limit - 1 : limit);
    headers[`anthropic-ratelimit-${name}-reset`] = reset;
  }
  return headers;
}

/** Anthropic's door: keys in a header of their own, or as a bearer token. */
export const anthropicDoor: Door = {
  failures,
  keyOf: (exchange) => headerKey(exchange, "x-api-key") ?? bearerKey(exchange),
  headers: (requestId, processingMs) => ({
    "x-simulated": "true",
    "request-id": requestId,
    ...limitHeaders(),
    "x-envoy-upstream-service-time": String(Math.round(processingMs)),
  }),
};
