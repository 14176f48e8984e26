import { Usage } from "@sluice/proto/common/v1/usage";
import { TaskResult } from "@sluice/proto/tasks/v1/tasks";
import { createSseReader } from "../../../http/sse.ts";
import { headerOf } from "../../../http/types.ts";
import type { MappedResult, MappedTask, TaskAnswer } from "../../../provider-tasks.ts";
import { badAnswer, extraFields, type Fields, isFields, jsonHeaders, readFields, textIn } from "../../task-body.ts";
import type { Asking, TaskSource } from "../../task-table.ts";
import { countIn, rawOf } from "../../task-usage.ts";

const MIME_TYPES: Readonly<Record<string, string>> = {
  mp3: "audio/mpeg",
  opus: "audio/ogg",
  aac: "audio/aac",
  flac: "audio/flac",
  wav: "audio/wav",
  pcm: "audio/pcm",
};
/** Longest event, in characters: a piece of sound as base64. */
const EVENT_LENGTH = 16_777_216;

/**
 * OpenAI's `POST /audio/speech`, and that of look-alikes. What tokens it took is told in events only, so models that are billed by them are
 * asked for those. https://platform.openai.com/docs/api-reference/audio/createSpeech
 */
export function speech(source: TaskSource) {
  return ({ task, model, entry, request }: Asking<"speech">): MappedTask => {
    const events = entry.taskBound?.unit === "tokens" && entry.taskBound.audioTokensPermille > 0;
    const body = {
      ...extraFields(request.extraJson),
      model,
      input: task.input,
      voice: task.voice,
      ...(task.instructions !== "" && { instructions: task.instructions }),
      ...(task.format !== "" && { response_format: task.format }),
      ...(task.speed !== undefined && { speed: task.speed }),
      ...(events && { stream_format: "sse" }),
    };
    const mimeType = MIME_TYPES[task.format || "mp3"] ?? "application/octet-stream";
    return {
      path: "/audio/speech",
      headers: { ...jsonHeaders, accept: "*/*" },
      body: JSON.stringify(body),
      warnings: [],
      read: (answer) => readSpeech(source, answer, mimeType),
    };
  };
}

/** @throws upstream_bad_response */
function readSpeech(source: TaskSource, answer: TaskAnswer, mimeType: string): MappedResult {
  const type = headerOf(answer.headers, "content-type") ?? "";
  if (type.includes("event-stream")) return readEvents(source, answer, mimeType);
  if (type.includes("json")) {
    const fields = readFields(source, answer);
    if (fields instanceof Error) return { error: fields };
    throw badAnswer(source, "is no sound");
  }
  if (type.includes("html")) throw badAnswer(source, "is a page, not sound");
  return { result: spoken(answer.body, type.startsWith("audio/") ? type : mimeType) };
}

function readEvents(source: TaskSource, answer: TaskAnswer, mimeType: string): MappedResult {
  const pieces: Buffer[] = [];
  let last: Fields | undefined;
  let failure: Fields | undefined;
  const take = (_name: string, data: string): void => {
    const event = eventIn(data);
    if (event === undefined) return;
    if (event["type"] === "speech.audio.delta") pieces.push(Buffer.from(textIn(event["audio"]), "base64"));
    else if (event["type"] === "speech.audio.done") last = event;
    else if (event["error"] !== undefined || event["type"] === "error") failure = event;
  };
  const reader = createSseReader(EVENT_LENGTH);
  reader.push(answer.body, take);
  reader.end(take);
  if (failure !== undefined) {
    return {
      error: source.mapError({ status: answer.status, headers: answer.headers, body: JSON.stringify(failure) }),
    };
  }
  if (last === undefined) throw badAnswer(source, "ended before its sound was complete");
  return { result: spoken(Buffer.concat(pieces), mimeType), usage: usageOf(last["usage"]) };
}

function eventIn(data: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return isFields(value) ? value : undefined;
  } catch {
    // A marker of the end, or an event that was cut: without the closing event the answer is none.
    return undefined;
  }
}

function spoken(audio: Uint8Array, mimeType: string): TaskResult {
  return TaskResult.fromPartial({ result: { $case: "speech", value: { audio, mimeType } } });
}

function usageOf(wire: unknown): Usage | undefined {
  if (!isFields(wire)) return undefined;
  const inputTokens = countIn(wire["input_tokens"]);
  const outputAudioTokens = countIn(wire["output_tokens"]);
  if (inputTokens === undefined || outputAudioTokens === undefined || outputAudioTokens === 0n) return undefined;
  return Usage.fromPartial({ inputTokens, outputAudioTokens, rawJson: rawOf(wire) });
}
