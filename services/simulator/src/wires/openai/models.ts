import type { Exchange } from "../../http/exchange.ts";
import { sendJson, sendRefusal } from "../../http/send.ts";
import { BASES, TASK_BASES } from "../../models/model-name.ts";
import { handleModels as listAnthropic } from "../anthropic/models.ts";
import { handleModels as listGemini } from "../gemini/models.ts";
import { openaiDoor } from "./door.ts";

const CREATED = Date.UTC(2026, 0, 1) / 1_000;

const MODELS = {
  object: "list",
  data: Object.keys({ ...BASES, ...TASK_BASES }).map((id) => ({
    id,
    object: "model",
    created: CREATED,
    owned_by: "simulator",
  })),
};

/** `GET /v1/models`: the base models; faults are added to their names. Other APIs have the same path and are told apart by their headers. */
export function handleModels(exchange: Exchange): void {
  if (exchange.request.headers["anthropic-version"] !== undefined) listAnthropic(exchange);
  else if (exchange.request.headers["x-goog-api-key"] !== undefined) listGemini(exchange);
  else if (exchange.state.accepts(openaiDoor.keyOf(exchange))) sendJson(exchange, openaiDoor, MODELS);
  else sendRefusal(exchange, openaiDoor, openaiDoor.failures.wrongKey);
}
