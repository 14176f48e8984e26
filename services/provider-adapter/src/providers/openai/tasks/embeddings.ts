import { SluiceError } from "@sluice/platform/errors";
import { Embedding, type EmbeddingInput, TaskResult } from "@sluice/proto/tasks/v1/tasks";
import type { MappedResult, MappedTask, TaskAnswer } from "../../../provider-tasks.ts";
import {
  extraFields,
  type Fields,
  isFields,
  jsonHeaders,
  listIn,
  numberIn,
  readFields,
  textIn,
} from "../../task-body.ts";
import { type Asking, cannot, type TaskSource } from "../../task-table.ts";
import { inputUsage } from "../../task-usage.ts";

/** Where a look-alike's embeddings differ. */
export interface EmbeddingsWire {
  readonly path?: string;
  /** Field for the length of vectors; undefined if it cannot be chosen. */
  readonly dimensionsField?: "dimensions" | "output_dimension" | undefined;
  /** Field for what the vectors are for; undefined if it has none. */
  readonly purposeField?: "input_type" | undefined;
  /** False if it knows no base64. */
  readonly base64?: boolean;
  /** False if it takes no token numbers. */
  readonly tokens?: boolean;
  /** False if it refuses the label of the caller's end user. */
  readonly labels?: boolean;
}

/** Inputs above which vectors are fetched as base64, whatever the caller takes: as digits they are four times as long. */
const MANY = 64;

const OWN: Required<EmbeddingsWire> = {
  path: "/embeddings",
  dimensionsField: "dimensions",
  purposeField: undefined,
  base64: true,
  tokens: true,
  labels: true,
};

/** OpenAI's `POST /embeddings`, and that of look-alikes. https://platform.openai.com/docs/api-reference/embeddings */
export function embeddings(source: TaskSource, wire: EmbeddingsWire = {}) {
  const rules = { ...OWN, ...wire };
  return (asking: Asking<"embeddings">): MappedTask => {
    const { task, model, request } = asking;
    const warnings: string[] = [];
    const extra = extraFields(request.extraJson);
    // Numbers of another kind than 32-bit floats have other bytes.
    const base64 = rules.base64 && !Object.hasOwn(extra, "output_dtype");
    const body = {
      ...extra,
      model,
      input: task.inputs.map((input, index) => inputOf(input, index, rules.tokens ? undefined : source)),
      ...((task.base64 || task.inputs.length > MANY) && base64 && { encoding_format: "base64" }),
      ...lengthOf(asking, rules, source),
      ...purposeOf(task.purpose, rules, warnings),
      ...(rules.labels && request.userLabel !== "" && { user: request.userLabel }),
    };
    return {
      path: rules.path,
      headers: jsonHeaders,
      body: JSON.stringify(body),
      warnings,
      read: (answer) => readVectors(source, answer, task.inputs.length),
    };
  };
}

function inputOf({ kind }: EmbeddingInput, index: number, refusing: TaskSource | undefined): string | number[] {
  if (kind?.$case === "text") return kind.value;
  if (refusing !== undefined) throw cannot(refusing, "takes texts, not token numbers", `input[${index}]`);
  return kind?.value.ids ?? [];
}

function lengthOf({ task }: Asking<"embeddings">, { dimensionsField }: EmbeddingsWire, source: TaskSource): Fields {
  if (task.dimensions === undefined) return {};
  if (dimensionsField === undefined) throw cannot(source, "has vectors of one length only", "dimensions");
  return { [dimensionsField]: task.dimensions };
}

function purposeOf(purpose: string, { purposeField }: EmbeddingsWire, warnings: string[]): Fields {
  if (purpose === "") return {};
  if (purposeField !== undefined) return { [purposeField]: purpose };
  warnings.push("input_type is not known to the provider: dropped");
  return {};
}

/** Reads vectors, each at the place its index says. @throws upstream_bad_response */
export function readVectors(source: TaskSource, answer: TaskAnswer, wanted: number): MappedResult {
  const fields = readFields(source, answer);
  if (fields instanceof SluiceError) return { error: fields };
  const data = listIn(fields["data"]);
  const vectors: Embedding[] = [];
  for (const [place, entry] of data.entries()) vectors[placeOf(entry["index"], place, wanted)] = vectorOf(entry);
  const usage = isFields(fields["usage"]) ? fields["usage"] : {};
  return {
    result: TaskResult.fromPartial({
      model: textIn(fields["model"]),
      id: textIn(fields["id"]),
      // A place that was left out is a vector without components, which no judge lets pass.
      result: { $case: "embeddings", value: { vectors: Array.from(vectors, (each) => each ?? Embedding.create()) } },
    }),
    usage: inputUsage(usage["prompt_tokens"] ?? usage["total_tokens"], usage),
  };
}

function placeOf(index: unknown, place: number, wanted: number): number {
  return typeof index === "number" && Number.isInteger(index) && index >= 0 && index < wanted ? index : place;
}

function vectorOf({ embedding }: Fields): Embedding {
  if (typeof embedding === "string") {
    const float32 = Buffer.from(embedding, "base64");
    return Embedding.fromPartial({ float32: new Uint8Array(float32.buffer, float32.byteOffset, float32.byteLength) });
  }
  return Embedding.fromPartial({ values: Array.isArray(embedding) ? embedding.map(numberIn) : [] });
}
