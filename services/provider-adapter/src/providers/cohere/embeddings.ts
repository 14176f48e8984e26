import { SluiceError } from "@sluice/platform/errors";
import { Embedding, type EmbeddingInput, TaskResult } from "@sluice/proto/tasks/v1/tasks";
import type { MappedResult, MappedTask, TaskAnswer } from "../../provider-tasks.ts";
import { extraFields, isFields, jsonHeaders, numberIn, readFields, textIn } from "../task-body.ts";
import { type Asking, cannot, type TaskSource } from "../task-table.ts";
import { inputUsage } from "../task-usage.ts";

/** What the vectors are for, where the caller does not say: the provider wants to know. */
const PURPOSE = "search_document";
/** Words of others for the same. */
const PURPOSES: Readonly<Record<string, string>> = { query: "search_query", document: "search_document" };

/** Cohere's `POST /v2/embed`. */
export function embeddings(source: TaskSource) {
  return ({ task, model, request }: Asking<"embeddings">): MappedTask => {
    const body = {
      embedding_types: ["float"],
      ...extraFields(request.extraJson),
      model,
      texts: task.inputs.map((input, index) => textOf(source, input, index)),
      input_type: PURPOSES[task.purpose] ?? (task.purpose || PURPOSE),
      ...(task.dimensions !== undefined && { output_dimension: task.dimensions }),
    };
    const warnings = task.purpose === "" ? [`input_type was not given: ${PURPOSE} was asked for`] : [];
    return { path: "/v2/embed", headers: jsonHeaders, body: JSON.stringify(body), warnings, read: reader(source) };
  };
}

function textOf(source: TaskSource, { kind }: EmbeddingInput, index: number): string {
  if (kind?.$case === "text") return kind.value;
  throw cannot(source, "takes texts, not token numbers", `input[${index}]`);
}

const reader =
  (source: TaskSource) =>
  (answer: TaskAnswer): MappedResult => {
    const fields = readFields(source, answer);
    if (fields instanceof SluiceError) return { error: fields };
    const { embeddings: all } = fields;
    // By kind of number; the older answer was the list itself.
    const [first] = isFields(all) ? Object.values(all) : [all];
    const vectors = (Array.isArray(first) ? first : []).map((vector: unknown) =>
      Embedding.fromPartial({ values: Array.isArray(vector) ? vector.map(numberIn) : [] }),
    );
    const meta = isFields(fields["meta"]) ? fields["meta"] : {};
    const billed = isFields(meta["billed_units"]) ? meta["billed_units"] : {};
    return {
      result: TaskResult.fromPartial({
        id: textIn(fields["id"]),
        result: { $case: "embeddings", value: { vectors } },
      }),
      usage: inputUsage(billed["input_tokens"], meta),
    };
  };
