import { seededRandom, seedOf } from "../../../answer/random.ts";
import type { FaultyName } from "../../../models/model-name.ts";
import type { TaskWire, WireTask } from "../../../serve/serve-task.ts";
import { FRAME_TOKENS } from "../../token-rule.ts";
import { textBytes } from "../../values.ts";
import { refusal } from "../door.ts";
import { invalid } from "../errors.ts";

const INPUTS_MAX = 2_048;
const DIMENSIONS = 256;
const DIMENSIONS_MAX = 4_096;

type Input = string | readonly number[];

/** `POST /v1/embeddings`. The same text gets the same vector, whatever it stands beside. */
export const embeddingsWire: TaskWire = {
  base: "embedder",
  read: (body, model) => {
    const inputs = readInputs(body["input"]);
    if (inputs === undefined)
      return refusal(invalid("'input' must be texts or token arrays.", "input", "invalid_type"));
    if (inputs.length > INPUTS_MAX || inputs.some((input) => input.length === 0)) {
      return refusal(invalid(`'input' must have 1 to ${INPUTS_MAX} entries, none of them empty.`, "input"));
    }
    const { dimensions = DIMENSIONS, encoding_format: format = "float" } = body;
    if (
      typeof dimensions !== "number" ||
      !Number.isInteger(dimensions) ||
      dimensions < 1 ||
      dimensions > DIMENSIONS_MAX
    )
      return refusal(invalid(`'dimensions' must be an integer from 1 to ${DIMENSIONS_MAX}.`, "dimensions"));
    if (format !== "float" && format !== "base64")
      return refusal(invalid("'encoding_format' must be 'float' or 'base64'.", "encoding_format"));
    return taskOf({ inputs, dimensions, base64: format === "base64" }, model);
  },
};

interface Asked {
  readonly inputs: readonly Input[];
  readonly dimensions: number;
  readonly base64: boolean;
}

function readInputs(value: unknown): readonly Input[] | undefined {
  if (typeof value === "string") return [value];
  if (!Array.isArray(value) || value.length === 0) return undefined;
  if (value.every(isToken)) return [value];
  const inputs = value.filter(
    (one): one is Input => typeof one === "string" || (Array.isArray(one) && one.every(isToken)),
  );
  return inputs.length === value.length ? inputs : undefined;
}

const isToken = (value: unknown): value is number => typeof value === "number" && Number.isInteger(value) && value >= 0;

function taskOf({ inputs, dimensions, base64 }: Asked, { name, faults }: FaultyName): WireTask {
  const promptTokens = inputs.reduce(
    (sum, input) => sum + (typeof input === "string" ? FRAME_TOKENS + textBytes(input) : input.length),
    0,
  );
  return {
    promptTokens,
    completionTokens: 0,
    answer: () => {
      const kind = faults.get("bad-result");
      const vectors = inputs.map((input, index) => {
        const values = vectorOf(input, kind === 1 && index === inputs.length - 1 ? dimensions + 1 : dimensions);
        return {
          object: "embedding",
          index,
          embedding: base64 ? base64Of(withFault(values, kind)) : withFault(values, kind),
        };
      });
      const data = faults.has("empty") ? [] : vectors.slice(kind === 0 ? 1 : 0);
      const usage = faults.has("no-usage")
        ? {}
        : { usage: { prompt_tokens: promptTokens, total_tokens: promptTokens } };
      return { type: "application/json", content: JSON.stringify({ object: "list", data, model: name, ...usage }) };
    },
  };
}

/** JSON has no word for what is no number; a broken server writes null. */
const withFault = (values: readonly number[], kind: number | undefined): readonly (number | null)[] =>
  kind === 2 ? [null, ...values.slice(1)] : values;

/** A vector of length one, of 32-bit floats. */
function vectorOf(input: Input, dimensions: number): number[] {
  const random = seededRandom(seedOf(JSON.stringify(input)));
  const values = Array.from({ length: dimensions }, () => random.next() - 0.5);
  const length = Math.hypot(...values);
  return values.map((value) => Math.fround(value / length));
}

function base64Of(values: readonly (number | null)[]): string {
  return Buffer.from(Float32Array.from(values, (value) => value ?? Number.NaN).buffer).toString("base64");
}
