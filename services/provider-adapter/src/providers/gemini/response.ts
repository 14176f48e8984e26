import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { MappedAnswer } from "../../provider.ts";
import { unreadable } from "./errors.ts";
import { end, isFinished, start, stepAnswer } from "./stream.ts";

function parseBody(provider: string, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw unreadable(provider, "an answer that is not valid JSON", body, cause);
  }
}

/**
 * A plain answer as the list of chunks a stream would have brought. A JSON list is a stream that was asked for without `alt=sse`: its
 * entries are read as events. An error object inside a 200 is an error.
 * @throws upstream_bad_response when the body is not an answer
 */
export function mapResponse(body: string, provider: string): MappedAnswer {
  const value = parseBody(provider, body);
  const state = start(provider);
  const chunks: ChatChunk[] = [];
  const events: unknown[] = Array.isArray(value) ? value : [value];
  if (events.length === 0) throw unreadable(provider, "an empty list", body);
  for (const event of events) stepAnswer(state, event, chunks);
  end(state, chunks, !Array.isArray(value));
  return {
    chunks: state.error === undefined || Array.isArray(value) ? chunks : [],
    usage: state.usage,
    serviceTier: state.serviceTier,
    finished: isFinished(state),
    ended: true,
    error: state.error,
    problems: state.problems,
  };
}
