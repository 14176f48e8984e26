import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { MappedAnswer } from "../../provider.ts";
import { chunk } from "../openai/chunks.ts";
import type { ErrorSource } from "../openai/errors.ts";
import { unreadable } from "../openai/response.ts";
import { isObject, textOf } from "../openai/wire.ts";
import { addArguments, cite, failureOf, finishChunk, openCall, say, startChunk, think } from "./content.ts";
import { mapUsage } from "./usage.ts";

type WireObject = Readonly<Record<string, unknown>>;

function parse(body: string): WireObject {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    throw unreadable("cohere", "an answer that is not valid JSON", body, cause);
  }
  if (isObject(value)) return value;
  throw unreadable("cohere", "an answer that is not a JSON object", body);
}

const objectsIn = (value: unknown): readonly WireObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

function addMessage(message: WireObject, into: ChatChunk[]): void {
  think(textOf(message["tool_plan"]), into);
  if (typeof message["content"] === "string") say(message["content"], into);
  for (const piece of objectsIn(message["content"])) {
    think(textOf(piece["thinking"]), into);
    say(textOf(piece["text"]), into);
  }
  for (const [call, wire] of objectsIn(message["tool_calls"]).entries()) {
    if (!openCall(wire, call, into)) addArguments("{}", call, into);
  }
  cite(message["citations"], into);
}

/** A plain answer as the list of chunks a stream would have brought. @throws upstream_bad_response when the body is not an answer */
export function mapResponse(body: string, source: ErrorSource): MappedAnswer {
  const answer = parse(body);
  const { message } = answer;
  if (!isObject(message)) throw unreadable("cohere", "an answer without a message", body);
  const error = failureOf(answer, source);
  const { usage, problems } = isObject(answer["usage"])
    ? mapUsage(answer["usage"])
    : { usage: undefined, problems: [] };
  const said = { usage, serviceTier: "", ended: true, problems };
  if (error !== undefined) return { chunks: [], finished: false, error, ...said };
  const chunks: ChatChunk[] = [startChunk(answer)];
  addMessage(message, chunks);
  const finished = textOf(answer["finish_reason"]) !== "";
  if (finished) chunks.push(finishChunk(answer));
  if (usage !== undefined) chunks.push(chunk(0, { $case: "usage", value: { usage } }));
  return { chunks, finished, error, ...said };
}
