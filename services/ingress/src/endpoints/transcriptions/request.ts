import { SluiceError } from "@sluice/platform/errors";
import type { RouteSummary } from "@sluice/proto/router/v1/router_service";
import { TaskRequest, type TranscriptionResult, TranscriptionTask } from "@sluice/proto/tasks/v1/tasks";
import { z } from "zod";
import { resultOf } from "../../tasks/answer-task.ts";
import { bodyReader, modelField } from "../../tasks/fields.ts";
import type { Form } from "../../tasks/read-form.ts";
import { type PrintedResult, printedJson, type ReadTask } from "../../tasks/task-dialect.ts";
import { tokensRead } from "../../tasks/tokens-read.ts";
import { durationOf } from "./duration.ts";

const PROMPT_LENGTH_MAX = 32_000;
const LANGUAGE_LENGTH_MAX = 16;
const TEXT = "text/plain; charset=utf-8";

/** Everything in a form is text. */
const readBody = bodyReader(
  {
    model: modelField,
    language: z.string().max(LANGUAGE_LENGTH_MAX).optional(),
    prompt: z.string().max(PROMPT_LENGTH_MAX).optional(),
    response_format: z.enum(["json", "verbose_json", "text", "srt", "vtt"]).optional(),
    temperature: z.coerce.number().min(0).max(1).optional(),
    stream: z.enum(["true", "false"]).optional(),
  },
  ({ stream }, problems) => {
    if (stream === "true") problems.add("stream", "must be false: transcriptions are sent whole");
  },
);

/** Reads a transcription request. @throws invalid_request naming each fault */
export function readTranscription({ fields, file }: Form): ReadTask {
  const { "timestamp_granularities[]": granularities = [], ...rest } = fields;
  const { body, extraJson } = readBody(
    Object.fromEntries(Object.entries(rest).map(([name, all]) => [name, all.at(-1)])),
  );
  if (file === undefined || file.bytes.length === 0) {
    throw new SluiceError("invalid_request", "Invalid request: file is required: a recording with at least one byte.", {
      details: { param: "file" },
    });
  }
  const { response_format: format = "" } = body;
  const value = TranscriptionTask.create({
    audio: file.bytes,
    fileName: file.name,
    mimeType: file.type,
    language: body.language ?? "",
    prompt: body.prompt ?? "",
    responseFormat: format,
    timestampGranularities: [...granularities],
  });
  const ms = durationOf(file.bytes);
  if (ms !== undefined) value.durationMs = BigInt(Math.ceil(ms));
  if (body.temperature !== undefined) value.temperature = body.temperature;
  return {
    request: TaskRequest.create({ model: body.model, extraJson, task: { $case: "transcription", value } }),
    print: (result, { summary }) => printed(resultOf(result, "transcription"), format, summary),
  };
}

function printed({ text, body }: TranscriptionResult, format: string, { usage }: RouteSummary): PrintedResult {
  if (format === "text" || format === "srt" || format === "vtt") return { contentType: TEXT, content: body || text };
  if (body !== "") return { contentType: "application/json; charset=utf-8", content: body };
  if (usage?.audioMs !== undefined) {
    return printedJson({ text, usage: { type: "duration", seconds: Math.ceil(Number(usage.audioMs) / 1_000) } });
  }
  if (usage?.inputAudioTokens === undefined) return printedJson({ text });
  const input = tokensRead(usage);
  const audio = Number(usage.inputAudioTokens);
  const output = Number(usage.outputTokens ?? 0n);
  const details = { text_tokens: input - audio, audio_tokens: audio };
  const said = { type: "tokens", input_tokens: input, input_token_details: details, output_tokens: output };
  return printedJson({ text, usage: { ...said, total_tokens: input + output } });
}
