import type { Exchange } from "../../http/exchange.ts";
import { sendJson, sendRefusal } from "../../http/send.ts";
import { BASES, type Base } from "../../models/model-name.ts";
import { geminiDoor } from "./door.ts";
import { modelOf } from "./paths.ts";

const CONTEXT_TOKENS = 128_000;
const OUTPUT_TOKENS = 16_384;

const MODELS = Object.entries(BASES).map(([id, description]) => ({
  name: `models/${id}`,
  version: "001",
  displayName: `Simulated ${id}`,
  description,
  inputTokenLimit: CONTEXT_TOKENS,
  outputTokenLimit: OUTPUT_TOKENS,
  supportedGenerationMethods: ["generateContent", "countTokens"],
  temperature: 1,
  topP: 0.95,
  topK: 64,
  maxTemperature: 2,
  thinking: id === ("reasoner" satisfies Base),
}));

function answer(exchange: Exchange, body: unknown): void {
  const { failures } = geminiDoor;
  if (!exchange.state.accepts(geminiDoor.keyOf(exchange))) sendRefusal(exchange, geminiDoor, failures.wrongKey);
  else if (body === undefined) sendRefusal(exchange, geminiDoor, failures.unknownModel(modelOf(exchange.path), ""));
  else sendJson(exchange, geminiDoor, body);
}

/** `GET /v1beta/models`: the base models; faults are added to their names. */
export function handleModels(exchange: Exchange): void {
  answer(exchange, { models: MODELS });
}

/** `GET /v1beta/models/{model}`. */
export function handleModel(exchange: Exchange): void {
  const name = `models/${modelOf(exchange.path)}`;
  answer(
    exchange,
    MODELS.find((model) => model.name === name),
  );
}
