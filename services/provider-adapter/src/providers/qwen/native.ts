import type { AnswerReader, AnswerReaders } from "../../provider.ts";
import { unreadable } from "../openai/response.ts";
import { isObject, textOf } from "../openai/wire.ts";
import { qwen } from "./index.ts";

type WireObject = Readonly<Record<string, unknown>>;
type Field = "delta" | "message";

function parse(text: string): WireObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable("qwen", "an answer that is not valid JSON", text, cause);
  }
  if (isObject(value)) return value;
  throw unreadable("qwen", "an answer that is not a JSON object", text);
}

/** Content is a text, or a list of pieces with one each. */
function contentOf(content: unknown): string {
  if (!Array.isArray(content)) return textOf(content);
  return content.map((piece) => (isObject(piece) ? textOf(piece["text"]) : textOf(piece))).join("");
}

/** Its counts under the names of chat completions; the total is left to them. */
function usageOf(usage: unknown): WireObject | undefined {
  if (!isObject(usage) || typeof usage["input_tokens"] !== "number") return undefined;
  const details = isObject(usage["prompt_tokens_details"]) ? usage["prompt_tokens_details"] : {};
  return {
    prompt_tokens: usage["input_tokens"],
    completion_tokens: usage["output_tokens"],
    prompt_tokens_details: { cached_tokens: details["cached_tokens"] ?? usage["cached_tokens"] },
    completion_tokens_details: usage["output_tokens_details"],
  };
}

/** What was said before a piece came: without a wish of the caller's, each event repeats the whole of it. */
interface Before {
  text: string;
  called: boolean;
}

/** Fewer characters may begin a piece by chance. */
const REPEATED_MIN = 8;

function newOf(text: string, before: Before): string {
  const repeats = before.text.length >= REPEATED_MIN && text.startsWith(before.text);
  const piece = repeats ? text.slice(before.text.length) : text;
  before.text += piece;
  return piece;
}

function asChat(answer: WireObject, field: Field, before: Before): WireObject {
  if (!isObject(answer["output"])) return { error: { message: textOf(answer["message"]), code: answer["code"] } };
  const { output } = answer;
  const first: unknown = Array.isArray(output["choices"]) ? output["choices"][0] : undefined;
  const choice: WireObject = isObject(first) ? first : { message: { content: output["text"] } };
  const message = isObject(choice["message"]) ? choice["message"] : {};
  const calls = Array.isArray(message["tool_calls"]) ? message["tool_calls"] : [];
  before.called ||= calls.length > 0;
  const reason = textOf(choice["finish_reason"]) || textOf(output["finish_reason"]);
  const ended = reason !== "" && reason !== "null";
  const said = {
    role: "assistant",
    content: newOf(contentOf(message["content"]), before),
    ...(textOf(message["reasoning_content"]) !== "" && { reasoning_content: message["reasoning_content"] }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  const finish_reason = reason === "stop" && before.called ? "tool_calls" : reason;
  const usage = usageOf(answer["usage"]);
  return {
    id: answer["request_id"],
    model: textOf(output["model_name"]),
    choices: [{ index: 0, [field]: said, finish_reason: ended ? finish_reason : null, logprobs: choice["logprobs"] }],
    ...(usage !== undefined && { usage }),
  };
}

/** DashScope's own generation (https://help.aliyun.com/zh/model-studio/qwen-api-reference), read as chat completions are. */
export function qwenNative(): AnswerReaders {
  const chat = qwen({ baseUrl: undefined, abandon: undefined });
  const nothing = (): Before => ({ text: "", called: false });
  return {
    name: chat.name,
    mapResponse: (body) => chat.mapResponse(JSON.stringify(asChat(parse(body), "message", nothing()))),
    mapError: (failure) => chat.mapError(failure),
    openStream: () => overEvents(chat.openStream(), nothing()),
  };
}

function overEvents(inner: AnswerReader, before: Before): AnswerReader {
  return Object.create(inner, {
    step: {
      value: (_name: string, data: string, into: Parameters<AnswerReader["step"]>[2]): void =>
        inner.step("", JSON.stringify(asChat(parse(data), "delta", before)), into),
    },
    end: { value: (into: Parameters<AnswerReader["end"]>[0]): void => inner.end(into) },
  }) as AnswerReader;
}
