import { type BodyResult, readBody } from "../../../http/read-body.ts";
import type { FaultyName } from "../../../models/model-name.ts";
import type { TaskWire, WireTask } from "../../../serve/serve-task.ts";
import { FRAME_TOKENS } from "../../token-rule.ts";
import { textBytes } from "../../values.ts";
import { refusal } from "../door.ts";
import { invalid } from "../errors.ts";
import { secondsOf } from "./wav.ts";

const TOKENS_PER_SECOND = 10;
const FORMATS = new Set(["json", "verbose_json", "text", "srt", "vtt"]);

/** `POST /v1/audio/transcriptions`: a sentence about the length of the recording. */
export const transcriptionsWire: TaskWire = {
  base: "listener",
  readBody: async (exchange, door) => {
    const { bodyBytesMax } = exchange.state;
    const bytes: BodyResult = await readBody(exchange.request, bodyBytesMax);
    if (bytes === "aborted") return "aborted";
    if (bytes === "too_large") return door.failures.tooLarge(bodyBytesMax);
    const type = exchange.request.headers["content-type"] ?? "";
    try {
      const form = await new Response(new Uint8Array(bytes), { headers: { "content-type": type } }).formData();
      const file = form.get("file");
      const fields = Object.fromEntries([...form].filter(([, value]) => typeof value === "string"));
      const sound = file instanceof File ? Buffer.from(await file.arrayBuffer()) : undefined;
      return { json: { ...fields, ...(sound !== undefined && { sound }) } };
    } catch {
      return door.failures.unreadable("The body must be multipart/form-data.");
    }
  },
  read: (body, model) => {
    const { sound, response_format: format = "json", prompt } = body;
    if (!Buffer.isBuffer(sound)) return refusal(invalid("'file' must be a recording.", "file"));
    if (typeof format !== "string" || !FORMATS.has(format))
      return refusal(invalid("'response_format' is not known.", "response_format"));
    return taskOf({ seconds: secondsOf(sound), format, promptBytes: prompt === "" ? 0 : textBytes(prompt) }, model);
  },
};

interface Asked {
  readonly seconds: number;
  readonly format: string;
  readonly promptBytes: number;
}

function taskOf({ seconds, format, promptBytes }: Asked, { faults }: FaultyName): WireTask {
  const sound = seconds * TOKENS_PER_SECOND;
  const read = promptBytes === 0 ? 0 : FRAME_TOKENS + promptBytes;
  const text = `A simulated recording of ${seconds} seconds.`;
  const completionTokens = text.split(" ").length;
  return {
    promptTokens: sound + read,
    completionTokens,
    answer: () => {
      const usage = {
        type: "tokens",
        input_tokens: sound + read,
        input_token_details: { text_tokens: read, audio_tokens: sound },
        output_tokens: completionTokens,
        total_tokens: sound + read + completionTokens,
      };
      const said = faults.has("no-usage") ? {} : { usage };
      if (format === "json") return { type: "application/json", content: JSON.stringify({ text, ...said }) };
      if (format === "text") return { type: "text/plain; charset=utf-8", content: `${text}\n` };
      if (format === "verbose_json") {
        const segment = { id: 0, start: 0, end: seconds, text };
        const body = { task: "transcribe", language: "english", duration: seconds, text, segments: [segment], ...said };
        return { type: "application/json", content: JSON.stringify(body) };
      }
      const times = "00:00:00,000 --> 00:00:01,000";
      const body = format === "srt" ? `1\n${times}\n${text}\n` : `WEBVTT\n\n${times.replaceAll(",", ".")}\n${text}\n`;
      return { type: "text/plain; charset=utf-8", content: body };
    },
  };
}
