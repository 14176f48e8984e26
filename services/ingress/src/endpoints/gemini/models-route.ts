import { SluiceError } from "@sluice/platform/errors";
import type { Door } from "../../door.ts";
import type { Exchange } from "../../exchange.ts";
import type { EndpointFactory } from "../endpoint.ts";
import { permittedModels } from "../models/permitted.ts";
import { GEMINI_ERRORS } from "./errors.ts";
import { toModelBody } from "./models.ts";

const PAGE_MAX = 1_000;
const PAGE_DEFAULT = 50;

/** `GET /v1beta/models`: the names the caller's key may use, in pages. */
export const listGeminiModels: EndpointFactory = (door) => ({
  method: "GET",
  path: "/v1beta/models",
  errors: GEMINI_ERRORS,
  handle: (exchange) => sendList(door, exchange),
});

/** `GET /v1beta/models/{name}`: one of them; the name may hold slashes. */
export const showGeminiModel: EndpointFactory = (door) => ({
  method: "GET",
  path: "/v1beta/models/*",
  errors: GEMINI_ERRORS,
  handle: (exchange) => sendOne(door, exchange),
});

/** True for Google's clients, who ask for models under the path that OpenAI's use too. */
export function isGoogleClient({ request }: Exchange): boolean {
  return request.headers["x-goog-api-key"] !== undefined;
}

/** Sends a page of the models. */
export async function sendList(door: Door, exchange: Exchange): Promise<void> {
  const { pageSize, pageToken } = exchange.request.query as Readonly<Record<string, unknown>>;
  const models = await permittedModels(door, exchange);
  const from = numberIn("pageToken", pageToken, 0, 1_000_000_000);
  const size = Math.min(PAGE_MAX, numberIn("pageSize", pageSize, PAGE_DEFAULT, 1_000_000_000) || PAGE_DEFAULT);
  const next = from + size;
  exchange.reply.send({
    models: models.slice(from, next).map(toModelBody),
    ...(next < models.length && { nextPageToken: String(next) }),
  });
}

/** Sends one model. @throws not_found naming it */
export async function sendOne(door: Door, exchange: Exchange): Promise<void> {
  const name = (exchange.request.params as Readonly<Record<string, string>>)["*"] ?? "";
  const found = (await permittedModels(door, exchange)).find((model) => model.name === name);
  if (found === undefined) {
    const shown = JSON.stringify(name.slice(0, 256));
    const message = `There is no model ${shown} for this API key; GET /v1beta/models lists what there is.`;
    throw new SluiceError("not_found", message, { details: { param: "name" } });
  }
  exchange.reply.send(toModelBody(found));
}

function numberIn(name: string, given: unknown, otherwise: number, most: number): number {
  if (given === undefined || given === "") return otherwise;
  const value = Number(given);
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  const shown = JSON.stringify(String(given).slice(0, 40));
  throw new SluiceError("invalid_request", `${name} must be a whole number from 0 to ${most}; got ${shown}.`, {
    details: { param: name },
  });
}
