import { type ChatRequest, ResponseFormatKind } from "@sluice/proto/chat/v1/chat";
import type { Answer } from "@sluice/proto/validator/v1/validator_service";
import { type JsonReading, readJson } from "./read-json.ts";

/** True if the caller asked for JSON, of any or of a certain shape. */
export function wantsJson(chat: ChatRequest | undefined): boolean {
  const kind = chat?.responseFormat?.kind;
  return (
    kind === ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_OBJECT ||
    kind === ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA
  );
}

/** True if the text is what the caller will read: a turn of tool calls, a refusal or a sound is not held to the format. */
export function speaksText(answer: Answer): boolean {
  return answer.toolCalls.length === 0 && answer.refusal === "" && !(answer.otherContent && answer.text === "");
}

const readings = new WeakMap<Answer, JsonReading>();

/** What JSON an answer's text holds; read once for all checks. */
export function readingOf(answer: Answer): JsonReading {
  let reading = readings.get(answer);
  if (reading === undefined) {
    reading = readJson(answer.text);
    readings.set(answer, reading);
  }
  return reading;
}
