import type { Exchange } from "../../http/exchange.ts";
import { sendJson, sendRefusal } from "../../http/send.ts";
import { BASES } from "../../models/model-name.ts";
import { anthropicDoor } from "./door.ts";

const IDS = Object.keys(BASES);

const MODELS = {
  data: IDS.map((id) => ({ type: "model", id, display_name: `Simulated ${id}`, created_at: "2026-01-01T00:00:00Z" })),
  has_more: false,
  first_id: IDS[0] ?? null,
  last_id: IDS.at(-1) ?? null,
};

/** `GET /v1/models` for a client that names a version of this API: the base models. */
export function handleModels(exchange: Exchange): void {
  if (exchange.state.accepts(anthropicDoor.keyOf(exchange))) sendJson(exchange, anthropicDoor, MODELS);
  else sendRefusal(exchange, anthropicDoor, anthropicDoor.failures.wrongKey);
}
