import type { AnswerReader, AnswerReaders } from "../../provider.ts";
import { unreadable } from "../openai/response.ts";
import { isObject, textOf } from "../openai/wire.ts";
import { ollama } from "./index.ts";

type WireObject = Readonly<Record<string, unknown>>;

function parse(text: string): WireObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable("ollama", "an answer that is not valid JSON", text, cause);
  }
  if (isObject(value)) return value;
  throw unreadable("ollama", "an answer that is not a JSON object", text);
}

/** Its calls come whole, with arguments as an object and mostly without an id. */
function callsOf(message: WireObject, before: number): WireObject[] {
  const calls = Array.isArray(message["tool_calls"]) ? message["tool_calls"].filter(isObject) : [];
  return calls.map((call, index) => {
    const named = isObject(call["function"]) ? call["function"] : {};
    const given = named["arguments"];
    const written = typeof given === "string" ? given : JSON.stringify(given ?? {});
    const number = before + index;
    const fn = { name: textOf(named["name"]), arguments: written };
    return { index: number, id: textOf(call["id"]) || `call_${number}`, type: "function", function: fn };
  });
}

/** A line, or a whole answer, in the words of chat completions; `field` is where these keep what is said. */
function asChat(line: WireObject, field: "delta" | "message", callsBefore: number): WireObject {
  if (line["error"] !== undefined) return { error: { message: textOf(line["error"]) } };
  const message = isObject(line["message"]) ? line["message"] : {};
  const calls = callsOf(message, callsBefore);
  const said = {
    role: "assistant",
    content: textOf(message["content"]),
    ...(textOf(message["thinking"]) !== "" && { reasoning: message["thinking"] }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  const called = callsBefore + calls.length > 0;
  const reason = textOf(line["done_reason"]) || "stop";
  const finish = line["done"] === true ? (called && reason === "stop" ? "tool_calls" : reason) : null;
  const [prompt, answer] = [line["prompt_eval_count"], line["eval_count"]];
  const counted = typeof prompt === "number" && typeof answer === "number";
  return {
    model: line["model"],
    choices: [{ index: 0, [field]: said, finish_reason: finish }],
    ...(counted && { usage: { prompt_tokens: prompt, completion_tokens: answer, total_tokens: prompt + answer } }),
  };
}

/** Ollama's own chat (https://docs.ollama.com/api/chat), read as chat completions are: one JSON text a line, calls whole. */
export function ollamaNative(): AnswerReaders {
  const chat = ollama({ baseUrl: undefined, abandon: undefined });
  return {
    name: chat.name,
    framing: "lines",
    mapResponse: (body) => chat.mapResponse(JSON.stringify(asChat(parse(body), "message", 0))),
    mapError: (failure) => chat.mapError(failure),
    openStream: () => overLines(chat.openStream()),
  };
}

function overLines(inner: AnswerReader): AnswerReader {
  let calls = 0;
  return Object.create(inner, {
    step: {
      value: (_name: string, data: string, into: Parameters<AnswerReader["step"]>[2]): void => {
        const line = parse(data);
        inner.step("", JSON.stringify(asChat(line, "delta", calls)), into);
        calls += callsOf(isObject(line["message"]) ? line["message"] : {}, 0).length;
      },
    },
    end: { value: (into: Parameters<AnswerReader["end"]>[0]): void => inner.end(into) },
  }) as AnswerReader;
}
