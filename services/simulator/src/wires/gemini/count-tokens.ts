import type { Exchange } from "../../http/exchange.ts";
import { sendJson, sendRefusal } from "../../http/send.ts";
import { readJson } from "../../serve/read-json.ts";
import { isRefusal } from "../../serve/wire.ts";
import { readContents } from "./contents.ts";
import { geminiDoor } from "./door.ts";
import { fields } from "./fields.ts";
import { countPromptTokens } from "./prompt-tokens.ts";

/** `POST /v1beta/models/{model}:countTokens`: counts and bills nothing. */
export async function handleCountTokens(exchange: Exchange): Promise<void> {
  const { failures } = geminiDoor;
  const admitted = exchange.state.accepts(geminiDoor.keyOf(exchange));
  const read = admitted ? await readJson(exchange, failures) : failures.wrongKey;
  if (read === "aborted") return;
  if (isRefusal(read)) return sendRefusal(exchange, geminiDoor, read);
  const { generateContentRequest: whole = read.json } = fields(read.json);
  const body = fields(whole);
  const contents = readContents(body["contents"]);
  if (isRefusal(contents)) return sendRefusal(exchange, geminiDoor, contents);
  const totalTokens = countPromptTokens(body);
  const promptTokensDetails = [{ modality: "TEXT", tokenCount: totalTokens }];
  sendJson(exchange, geminiDoor, { totalTokens, promptTokensDetails });
}
