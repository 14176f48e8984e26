import type { FaultyName } from "../../../models/model-name.ts";
import type { TaskWire, WireTask } from "../../../serve/serve-task.ts";
import { FRAME_TOKENS } from "../../token-rule.ts";
import { textBytes } from "../../values.ts";
import { refusal } from "../door.ts";
import { invalid } from "../errors.ts";
import { silence } from "./wav.ts";

const TOKENS_PER_CHARACTER = 2;
const MS_PER_CHARACTER = 60;
const INPUT_MAX = 4_096;

/** `POST /v1/audio/speech`: silence as long as the text takes, whole or as events. */
export const speechWire: TaskWire = {
  base: "speaker",
  read: (body, model) => {
    const { input, instructions, voice, stream_format: form = "audio" } = body;
    if (typeof input !== "string" || input === "" || input.length > INPUT_MAX)
      return refusal(invalid(`'input' must be a text of 1 to ${INPUT_MAX} characters.`, "input"));
    if (typeof voice !== "string") return refusal(invalid("'voice' must be a text.", "voice", "invalid_type"));
    const framed = [input, instructions].filter((text) => typeof text === "string" && text !== "");
    const promptTokens = framed.reduce<number>((sum, text) => sum + FRAME_TOKENS + textBytes(text), 0);
    return taskOf({ characters: input.length, promptTokens, events: form === "sse" }, model);
  },
};

interface Asked {
  readonly characters: number;
  readonly promptTokens: number;
  readonly events: boolean;
}

function taskOf({ characters, promptTokens, events }: Asked, { faults }: FaultyName): WireTask {
  const completionTokens = characters * TOKENS_PER_CHARACTER;
  return {
    promptTokens,
    completionTokens,
    answer: () => {
      const sound = faults.has("empty") ? Buffer.alloc(0) : silence(characters * MS_PER_CHARACTER);
      if (!events) return { type: "audio/wav", content: sound };
      const usage = {
        input_tokens: promptTokens,
        output_tokens: completionTokens,
        total_tokens: promptTokens + completionTokens,
      };
      const deltas = [sound.subarray(0, 50), sound.subarray(50)].map((piece) => ({
        type: "speech.audio.delta",
        audio: piece.toString("base64"),
      }));
      const done = { type: "speech.audio.done", ...(faults.has("no-usage") ? {} : { usage }) };
      const content = [...deltas, done].map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
      return { type: "text/event-stream", content };
    },
  };
}
