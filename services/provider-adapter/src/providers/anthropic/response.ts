import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { MappedAnswer } from "../../provider.ts";
import { unreadable } from "../openai/response.ts";
import { isObject, textOf } from "../openai/wire.ts";
import { chunk, closeBlock, finishChunk, noContent, openBlock, startChunk } from "./blocks.ts";
import { mapError } from "./errors.ts";
import { mapUsage } from "./usage.ts";
import type { WireMessage } from "./wire.ts";

function parseMessage(provider: string, body: string): WireMessage {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    throw unreadable(provider, "an answer that is not valid JSON", body, cause);
  }
  if (isObject(value)) return value;
  throw unreadable(provider, "an answer that is not a JSON object", body);
}

/** The tier the provider says it used; "" if it does not say. */
export function tierOf(usage: unknown): string {
  return isObject(usage) ? textOf(usage["service_tier"]) : "";
}

/** True if the object is an error in the provider's words. */
export function isError(value: Readonly<Record<string, unknown>>): boolean {
  return value["type"] === "error" || (value["error"] !== undefined && value["error"] !== null);
}

/**
 * A plain answer as the list of chunks a stream would have brought. An error object inside a 200 is an error.
 * @throws upstream_bad_response when the body is not an answer
 */
export function mapResponse(provider: string, body: string): MappedAnswer {
  const message = parseMessage(provider, body);
  const nothing = { chunks: [], usage: undefined, serviceTier: "", finished: false, ended: true, problems: [] };
  if (isError(message)) return { ...nothing, error: mapError(provider, { status: 200, headers: {}, body }, 0) };
  if (!Array.isArray(message.content)) throw unreadable(provider, "an answer without content", body);
  const serviceTier = tierOf(message.usage);
  const chunks: ChatChunk[] = [startChunk(message, serviceTier)];
  const content = noContent();
  for (const block of message.content) {
    if (isObject(block)) closeBlock(content, openBlock(content, block, chunks), chunks);
  }
  const finished = textOf(message.stop_reason) !== "";
  if (finished) chunks.push(finishChunk(content, message));
  const { usage, problems } = isObject(message.usage) ? mapUsage(message.usage) : { usage: undefined, problems: [] };
  if (usage !== undefined) chunks.push(chunk({ $case: "usage", value: { usage } }));
  return { chunks, usage, serviceTier, finished, ended: true, error: undefined, problems };
}
