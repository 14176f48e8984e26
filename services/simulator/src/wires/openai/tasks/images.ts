import type { FaultyName } from "../../../models/model-name.ts";
import type { TaskWire, WireTask } from "../../../serve/serve-task.ts";
import { FRAME_TOKENS } from "../../token-rule.ts";
import { textBytes } from "../../values.ts";
import { refusal } from "../door.ts";
import { invalid } from "../errors.ts";

const IMAGES_MAX = 10;
const TOKENS: Readonly<Record<string, number>> = { low: 100, medium: 400, high: 1_600, auto: 400 };
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** `POST /v1/images/generations`: every image is the same pixel, but costs what its quality says. */
export const imagesWire: TaskWire = {
  base: "painter",
  read: (body, model) => {
    const { prompt, n = 1, quality = "auto", size = "1024x1024" } = body;
    if (typeof prompt !== "string") return refusal(invalid("'prompt' must be a text.", "prompt", "invalid_type"));
    if (typeof n !== "number" || !Number.isInteger(n) || n < 1 || n > IMAGES_MAX)
      return refusal(invalid(`'n' must be an integer from 1 to ${IMAGES_MAX}.`, "n"));
    const each = TOKENS[String(quality)];
    if (each === undefined) return refusal(invalid("'quality' must be low, medium, high or auto.", "quality"));
    return taskOf({ prompt, n, each, quality: String(quality), size: String(size) }, model);
  },
};

interface Asked {
  readonly prompt: string;
  readonly n: number;
  readonly each: number;
  readonly quality: string;
  readonly size: string;
}

function taskOf({ prompt, n, each, quality, size }: Asked, { faults }: FaultyName): WireTask {
  const promptTokens = FRAME_TOKENS + textBytes(prompt);
  const completionTokens = n * each;
  return {
    promptTokens,
    completionTokens,
    answer: () => {
      const data = Array.from({ length: n }, () => ({ b64_json: faults.get("bad-result") === 1 ? "" : PIXEL }));
      const usage = {
        input_tokens: promptTokens,
        input_tokens_details: { text_tokens: promptTokens, image_tokens: 0 },
        output_tokens: completionTokens,
        total_tokens: promptTokens + completionTokens,
      };
      const body = {
        created: Math.floor(Date.now() / 1_000),
        data: faults.has("empty") ? [] : data.slice(faults.get("bad-result") === 0 ? 1 : 0),
        background: "opaque",
        output_format: "png",
        quality: quality === "auto" ? "medium" : quality,
        size: size === "auto" ? "1024x1024" : size,
        ...(faults.has("no-usage") ? {} : { usage }),
      };
      return { type: "application/json", content: JSON.stringify(body) };
    },
  };
}
