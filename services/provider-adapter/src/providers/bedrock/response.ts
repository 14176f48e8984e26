import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { MappedAnswer } from "../../provider.ts";
import { unreadable } from "../openai/response.ts";
import { isObject, textOf } from "../openai/wire.ts";
import { addBlock, chunk, finishChunk, noContent, startChunk, tierOf } from "./blocks.ts";
import { mapUsage } from "./usage.ts";
import type { WireObject } from "./wire.ts";

function parse(body: string): WireObject {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    throw unreadable("bedrock", "an answer that is not valid JSON", body, cause);
  }
  if (isObject(value)) return value;
  throw unreadable("bedrock", "an answer that is not a JSON object", body);
}

/** A plain answer as the list of chunks a stream would have brought. @throws upstream_bad_response when the body is not an answer */
export function mapResponse(body: string): MappedAnswer {
  const answer = parse(body);
  const { output } = answer;
  const message = isObject(output) && isObject(output["message"]) ? output["message"] : undefined;
  if (message === undefined) throw unreadable("bedrock", "an answer without a message", body);
  const content = noContent();
  const chunks: ChatChunk[] = [startChunk()];
  const blocks = message["content"];
  for (const block of Array.isArray(blocks) ? blocks : []) if (isObject(block)) addBlock(content, block, chunks);
  const finished = textOf(answer["stopReason"]) !== "";
  if (finished) chunks.push(finishChunk(content, answer));
  const { usage, problems } = mapUsage(answer["usage"]);
  if (usage !== undefined) chunks.push(chunk({ $case: "usage", value: { usage } }));
  return { chunks, usage, serviceTier: tierOf(answer), finished, ended: true, error: undefined, problems };
}
