import type { Exchange } from "../../http/exchange.ts";
import { sendJson, sendRefusal } from "../../http/send.ts";
import { readJson } from "../../serve/read-json.ts";
import { isRefusal } from "../../serve/wire.ts";
import { anthropicDoor } from "./door.ts";
import { countPromptTokens } from "./prompt-tokens.ts";
import { readTurns } from "./turns.ts";

/** `POST /v1/messages/count_tokens`: counts and bills nothing. */
export async function handleCountTokens(exchange: Exchange): Promise<void> {
  const { failures } = anthropicDoor;
  const admitted = exchange.state.accepts(anthropicDoor.keyOf(exchange));
  const body = admitted ? await readJson(exchange, failures) : failures.wrongKey;
  if (body === "aborted") return;
  if (isRefusal(body)) return sendRefusal(exchange, anthropicDoor, body);
  const turns = readTurns(body.json["messages"]);
  if (isRefusal(turns)) sendRefusal(exchange, anthropicDoor, turns);
  else sendJson(exchange, anthropicDoor, { input_tokens: countPromptTokens(body.json) });
}
