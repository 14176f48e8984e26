import { SpeechTask, TaskRequest } from "@sluice/proto/tasks/v1/tasks";
import { z } from "zod";
import { resultOf } from "../../tasks/answer-task.ts";
import { bodyReader, modelField } from "../../tasks/fields.ts";
import { runTask } from "../../tasks/run-task.ts";
import type { ReadTask } from "../../tasks/task-dialect.ts";
import type { EndpointFactory } from "../endpoint.ts";

const INPUT_LENGTH_MAX = 4_096;
const VOICE_LENGTH_MAX = 256;

const readBody = bodyReader(
  {
    model: modelField,
    input: z.string().min(1).max(INPUT_LENGTH_MAX),
    voice: z.string().min(1).max(VOICE_LENGTH_MAX),
    instructions: z.string().max(INPUT_LENGTH_MAX).nullish(),
    response_format: z.enum(["mp3", "opus", "aac", "flac", "wav", "pcm"]).nullish(),
    speed: z.number().min(0.25).max(4).nullish(),
    stream_format: z.enum(["audio", "sse"]).nullish(),
  },
  ({ stream_format: form }, problems) => {
    if (form === "sse") problems.add("stream_format", 'must be "audio": speech is sent whole');
  },
);

/** `POST /v1/audio/speech`: a text read aloud, as OpenAI's clients ask for it. */
export const speech: EndpointFactory = (door) => ({
  method: "POST",
  path: "/v1/audio/speech",
  handle: (exchange) => runTask(door, exchange, { read: readSpeech }),
});

function readSpeech(raw: unknown): ReadTask {
  const { body, extraJson } = readBody(raw);
  const value = SpeechTask.create({
    input: body.input,
    voice: body.voice,
    instructions: body.instructions ?? "",
    format: body.response_format ?? "",
  });
  if (typeof body.speed === "number") value.speed = body.speed;
  return {
    request: TaskRequest.create({ model: body.model, extraJson, task: { $case: "speech", value } }),
    print: (result) => {
      const { audio, mimeType } = resultOf(result, "speech");
      return { contentType: mimeType, content: Buffer.from(audio.buffer, audio.byteOffset, audio.byteLength) };
    },
  };
}
