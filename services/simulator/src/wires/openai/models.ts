import type { Exchange } from "../../http/exchange.ts";
import { sendJson, sendRefusal } from "../../http/send.ts";
import { BASES } from "../../models/model-name.ts";
import { handleModels as listAnthropic } from "../anthropic/models.ts";
import { openaiDoor } from "./door.ts";

const CREATED = Date.UTC(2026, 0, 1) / 1_000;

const MODELS = {
  object: "list",
  data: Object.keys(BASES).map((id) => ({ id, object: "model", created: CREATED, owned_by: "simulator" })),
};

/** `GET /v1/models`: the base models; faults are added to their names. Another API has the same path and is told apart by its header. */
export function handleModels(exchange: Exchange): void {
  if (exchange.request.headers["anthropic-version"] !== undefined) listAnthropic(exchange);
  else if (exchange.state.accepts(openaiDoor.keyOf(exchange))) sendJson(exchange, openaiDoor, MODELS);
  else sendRefusal(exchange, openaiDoor, openaiDoor.failures.wrongKey);
}
