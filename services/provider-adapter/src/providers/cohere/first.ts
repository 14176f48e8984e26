import type { AnswerReader, AnswerReaders } from "../../provider.ts";
import { unreadable } from "../openai/response.ts";
import { isObject, textOf } from "../openai/wire.ts";
import { cohere } from "./index.ts";

type WireObject = Readonly<Record<string, unknown>>;

function parse(text: string): WireObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable("cohere", "an answer that is not valid JSON", text, cause);
  }
  if (isObject(value)) return value;
  throw unreadable("cohere", "an answer that is not a JSON object", text);
}

function callsOf(answer: WireObject): WireObject[] {
  const calls = Array.isArray(answer["tool_calls"]) ? answer["tool_calls"].filter(isObject) : [];
  return calls.map((call, index) => ({
    id: `${textOf(call["name"])}_${index}`,
    type: "function",
    function: { name: textOf(call["name"]), arguments: JSON.stringify(call["parameters"] ?? {}) },
  }));
}

/** The end of an answer in the words of the second chat, which says that tools are to be called. */
function endOf(answer: WireObject, calls: number): WireObject {
  const reason = textOf(answer["finish_reason"]);
  return { finish_reason: reason === "COMPLETE" && calls > 0 ? "TOOL_CALL" : reason, usage: answer["meta"] };
}

function asSecond(answer: WireObject): WireObject {
  if (answer["text"] === undefined && answer["message"] !== undefined) return answer;
  const tool_calls = callsOf(answer);
  const content = [{ type: "text", text: textOf(answer["text"]) }];
  const message = { role: "assistant", content, tool_calls, citations: answer["citations"] };
  return { id: answer["generation_id"], message, ...endOf(answer, tool_calls.length) };
}

/** One line of a stream as the events that say the same. */
function eventsOf(line: WireObject): WireObject[] {
  switch (line["event_type"]) {
    case "stream-start":
      return [{ type: "message-start", id: line["generation_id"] }];
    case "text-generation":
      return [{ type: "content-delta", delta: { message: { content: { text: line["text"] } } } }];
    case "citation-generation":
      return (Array.isArray(line["citations"]) ? line["citations"] : []).map((citations: unknown) => ({
        type: "citation-start",
        delta: { message: { citations } },
      }));
    case "stream-end": {
      const answer = isObject(line["response"]) ? line["response"] : {};
      const calls = callsOf(answer);
      const opened = calls.map((call, index) => ({
        type: "tool-call-start",
        index,
        delta: { message: { tool_calls: call } },
      }));
      const delta = endOf({ ...answer, finish_reason: line["finish_reason"] }, calls.length);
      return [...opened, { type: "message-end", delta }];
    }
    default:
      return [];
  }
}

/** Cohere's first chat (https://docs.cohere.com/v1/reference/chat), read as the second is: one JSON text a line, calls at the end. */
export function cohereFirst(): AnswerReaders {
  const second = cohere({ baseUrl: undefined, abandon: undefined });
  return {
    name: second.name,
    framing: "lines",
    mapResponse: (body) => second.mapResponse(JSON.stringify(asSecond(parse(body)))),
    mapError: (failure) => second.mapError(failure),
    openStream: () => overLines(second.openStream()),
  };
}

function overLines(inner: AnswerReader): AnswerReader {
  return Object.create(inner, {
    step: {
      value: (_name: string, data: string, into: Parameters<AnswerReader["step"]>[2]): void => {
        for (const event of eventsOf(parse(data))) inner.step("", JSON.stringify(event), into);
      },
    },
    end: { value: (into: Parameters<AnswerReader["end"]>[0]): void => inner.end(into) },
  }) as AnswerReader;
}
