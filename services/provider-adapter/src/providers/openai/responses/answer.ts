import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { MappedAnswer } from "../../../provider.ts";
import { chunk } from "../chunks.ts";
import type { ErrorSource } from "../errors.ts";
import { unreadable } from "../response.ts";
import { isObject, textOf } from "../wire.ts";
import { failureOf, finishOf, usageOf } from "./ending.ts";
import {
  argumentsOf,
  callChunk,
  isModelCall,
  isUnspoken,
  messageChunks,
  reasoningChunk,
  startOf,
  unspokenChunk,
} from "./items.ts";

type WireObject = Readonly<Record<string, unknown>>;

function parse(name: string, body: string): WireObject {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    throw unreadable(name, "an answer that is not valid JSON", body, cause);
  }
  if (isObject(value)) return value;
  throw unreadable(name, "an answer that is not a JSON object", body);
}

/**
 * A plain answer of OpenAI's Responses as the chunks of a chat (https://platform.openai.com/docs/api-reference/responses).
 * @throws upstream_bad_response when the body is no such answer
 */
export function mapResponsesAnswer(body: string, source: ErrorSource): MappedAnswer {
  const response = parse(source.name, body);
  const error = failureOf(response, source);
  const nothing = { chunks: [], usage: undefined, serviceTier: "", finished: false, ended: true, problems: [] };
  if (error !== undefined) return { ...nothing, error };
  const { output } = response;
  if (!Array.isArray(output)) throw unreadable(source.name, "an answer without output", body);
  const items = output.filter(isObject);
  const chunks: ChatChunk[] = [startOf(response)];
  itemChunks(items, chunks);
  const unspoken = unspokenChunk(items.filter(isUnspoken));
  if (unspoken !== undefined) chunks.push(unspoken);
  const finish = finishOf(response, items.some(isModelCall));
  if (finish !== undefined) chunks.push(finish);
  const { usage, problems } = usageOf(response["usage"]);
  if (usage !== undefined) chunks.push(chunk(0, { $case: "usage", value: { usage } }));
  const serviceTier = textOf(response["service_tier"]);
  return { chunks, usage, serviceTier, finished: finish !== undefined, ended: true, error: undefined, problems };
}

function itemChunks(items: readonly WireObject[], into: ChatChunk[]): void {
  let calls = 0;
  for (const [position, item] of items.entries()) {
    if (item["type"] === "message") messageChunks(item, into);
    else if (isModelCall(item)) into.push(callChunk(item, calls++, argumentsOf(item)));
    else if (item["type"] === "reasoning") {
      const reasoning = reasoningChunk(item, position, false);
      if (reasoning !== undefined) into.push(reasoning);
    }
  }
}
