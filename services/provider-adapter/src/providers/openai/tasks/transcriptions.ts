import { SluiceError } from "@sluice/platform/errors";
import { Usage } from "@sluice/proto/common/v1/usage";
import type { TaskBound } from "@sluice/proto/provider/v1/provider_service";
import { TaskResult } from "@sluice/proto/tasks/v1/tasks";
import { billedMs } from "../../../count-task.ts";
import { headerOf } from "../../../http/types.ts";
import type { MappedResult, MappedTask, TaskAnswer } from "../../../provider-tasks.ts";
import { type Field, multipart } from "../../multipart.ts";
import { badAnswer, extraFields, type Fields, isFields, readFields, textIn } from "../../task-body.ts";
import type { Asking, TaskSource } from "../../task-table.ts";
import { countIn, rawOf } from "../../task-usage.ts";

const MS_PER_SECOND = 1_000;

/** OpenAI's `POST /audio/transcriptions`, and that of look-alikes. https://platform.openai.com/docs/api-reference/audio/createTranscription */
export function transcriptions(source: TaskSource) {
  return ({ task, model, entry, request }: Asking<"transcription">): MappedTask => {
    const wanted: readonly (readonly [name: string, value: string])[] = [
      ["model", model],
      ["language", task.language],
      ["prompt", task.prompt],
      ["response_format", task.responseFormat],
      ["temperature", task.temperature === undefined ? "" : String(task.temperature)],
      ...task.timestampGranularities.map((unit) => ["timestamp_granularities[]", unit] as const),
      ...Object.entries(extraFields(request.extraJson)).flatMap(([name, value]) =>
        [value].flat().map((one) => [name, textIn(one)] as const),
      ),
    ];
    const fields: Field[] = wanted.flatMap(([name, value]) => (value === "" ? [] : [{ name, value }]));
    const file = { name: "file", value: task.audio, fileName: task.fileName || "audio", mimeType: task.mimeType };
    const { contentType, body } = multipart([...fields, file]);
    return {
      path: "/audio/transcriptions",
      headers: { "content-type": contentType, accept: "*/*" },
      body,
      warnings: [],
      read: (answer) => readText(source, answer, { form: task.responseFormat, bound: entry.taskBound }),
    };
  };
}

interface Form {
  readonly form: string;
  readonly bound: TaskBound | undefined;
}

/** @throws upstream_bad_response */
function readText(source: TaskSource, answer: TaskAnswer, { form, bound }: Form): MappedResult {
  const type = headerOf(answer.headers, "content-type") ?? "";
  if (type.includes("html")) throw badAnswer(source, "is a page, not a text");
  if (form === "text" || form === "srt" || form === "vtt") {
    const body = Buffer.from(answer.body).toString("utf8");
    if (!type.includes("json")) return { result: written(body, body) };
  }
  const fields = readFields(source, answer);
  if (fields instanceof SluiceError) return { error: fields };
  if (typeof fields["text"] !== "string") throw badAnswer(source, "has no text");
  const { usage: _usage, ...rest } = fields;
  const result = written(fields["text"], form === "" || form === "json" ? "" : JSON.stringify(rest));
  return { result, usage: bound?.unit === "audio_ms" ? timeOf(fields, bound) : tokensOf(fields["usage"]) };
}

function written(text: string, body: string): TaskResult {
  return TaskResult.fromPartial({ result: { $case: "transcription", value: { text, body } } });
}

function timeOf(fields: Fields, bound: TaskBound): Usage | undefined {
  const usage = isFields(fields["usage"]) ? fields["usage"] : {};
  const seconds = usage["seconds"] ?? fields["duration"];
  if (typeof seconds !== "number" || !(seconds > 0) || seconds > 1_000_000) return undefined;
  return Usage.fromPartial({
    audioMs: billedMs(BigInt(Math.ceil(seconds * MS_PER_SECOND)), bound),
    rawJson: rawOf(usage),
  });
}

function tokensOf(wire: unknown): Usage | undefined {
  if (!isFields(wire)) return undefined;
  const input = countIn(wire["input_tokens"]);
  const outputTokens = countIn(wire["output_tokens"]);
  if (input === undefined || outputTokens === undefined || input === 0n) return undefined;
  const details = isFields(wire["input_token_details"]) ? wire["input_token_details"] : {};
  const text = countIn(details["text_tokens"]) ?? 0n;
  const inputTokens = text < input ? text : input;
  return Usage.fromPartial({
    ...(inputTokens > 0n && { inputTokens }),
    inputAudioTokens: input - inputTokens,
    outputTokens,
    rawJson: rawOf(wire),
  });
}
