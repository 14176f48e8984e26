import type { Exchange } from "../../http/exchange.ts";
import { BASES } from "../../models/model-name.ts";
import { WRONG_KEY } from "./errors.ts";
import { sendError, sendJson } from "./send.ts";

const CREATED = Date.UTC(2026, 0, 1) / 1_000;

const MODELS = {
  object: "list",
  data: Object.keys(BASES).map((id) => ({ id, object: "model", created: CREATED, owned_by: "simulator" })),
};

/** `GET /v1/models`: the base models; faults are added to their names. */
export function handleModels(exchange: Exchange): void {
  if (exchange.state.authorized(exchange.request.headers.authorization)) sendJson(exchange, 200, MODELS);
  else sendError(exchange, WRONG_KEY);
}
