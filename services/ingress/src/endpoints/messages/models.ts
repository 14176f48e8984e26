import { SluiceError } from "@sluice/platform/errors";
import type { ModelEntry } from "@sluice/proto/router/v1/router_service";
import type { Door } from "../../door.ts";
import type { Exchange } from "../../exchange.ts";
import { modelFacts } from "../models/facts.ts";
import { permittedModels } from "../models/permitted.ts";

const PAGE_MAX = 1_000;
const PAGE_DEFAULT = 20;
/** When a model was released is not known here; this is how the dialect says so. */
const UNKNOWN_DATE = "1970-01-01T00:00:00Z";

/** True for Anthropic's clients, who ask for models under the path that OpenAI's use too. */
export function isAnthropicClient({ request }: Exchange): boolean {
  return request.headers["anthropic-version"] !== undefined;
}

/** One model in Anthropic's shape, with what Sluice knows of it beside. */
export function toMessagesModel(model: ModelEntry): object {
  const { deprecatedOn = "", shutdownOn = "" } = model.lifecycle ?? {};
  return {
    type: "model",
    id: model.name,
    display_name: model.name,
    created_at: UNKNOWN_DATE,
    max_input_tokens: model.contextTokens === 0n ? null : Number(model.contextTokens),
    max_tokens: model.maxOutputTokens === 0n ? null : Number(model.maxOutputTokens),
    lifecycle: deprecatedOn === "" ? "active" : "deprecated",
    deprecated_at: momentOf(deprecatedOn),
    retires_at: momentOf(shutdownOn),
    x_sluice: modelFacts(model),
  };
}

const momentOf = (day: string): string | null => (day === "" ? null : `${day}T00:00:00Z`);

/** Sends a page of the models: those after one, or those before one. @throws invalid_request naming the parameter */
export async function sendMessagesModels(door: Door, exchange: Exchange): Promise<void> {
  const { limit, after_id: after, before_id: before } = exchange.request.query as Readonly<Record<string, unknown>>;
  const size = limitOf(limit);
  const models = await permittedModels(door, exchange);
  const begin = after === undefined ? 0 : placeOf(models, "after_id", after) + 1;
  const end = before === undefined ? models.length : placeOf(models, "before_id", before);
  const page = before === undefined ? models.slice(begin, begin + size) : models.slice(Math.max(0, end - size), end);
  exchange.reply.send({
    data: page.map(toMessagesModel),
    has_more: before === undefined ? begin + size < models.length : end > size,
    first_id: page[0]?.name ?? null,
    last_id: page.at(-1)?.name ?? null,
  });
}

function limitOf(given: unknown): number {
  if (given === undefined) return PAGE_DEFAULT;
  const value = Number(given);
  if (Number.isInteger(value) && value >= 1 && value <= PAGE_MAX) return value;
  throw refusal("limit", `must be a whole number from 1 to ${PAGE_MAX}`, given);
}

function placeOf(models: readonly ModelEntry[], name: string, given: unknown): number {
  const place = models.findIndex((model) => model.name === given);
  if (place < 0) throw refusal(name, "must be the id of a model", given);
  return place;
}

function refusal(name: string, wanted: string, given: unknown): SluiceError {
  const shown = JSON.stringify(String(given).slice(0, 80));
  return new SluiceError("invalid_request", `${name} ${wanted}; got ${shown}.`, { details: { param: name } });
}
