import { bearerKey, headerKey } from "../../http/authorize.ts";
import type { Door } from "../../serve/wire.ts";
import { failures } from "./errors.ts";

/** Gemini's door: a key in a header of its own, in the query, or a bearer token. */
export const geminiDoor: Door = {
  failures,
  keyOf: (exchange) => headerKey(exchange, "x-goog-api-key") ?? exchange.query.get("key") ?? bearerKey(exchange),
  headers: (_requestId, processingMs) => ({
    "x-simulated": "true",
    "x-gemini-service-tier": "standard",
    "server-timing": `gfet4t7; dur=${Math.round(processingMs)}`,
    "content-type": "application/json; charset=UTF-8",
  }),
};
