import { SluiceError } from "@sluice/platform/errors";
import { Embedding, type EmbeddingInput, TaskResult } from "@sluice/proto/tasks/v1/tasks";
import type { MappedResult, MappedTask, TaskAnswer } from "../../../provider-tasks.ts";
import { extraFields, isFields, jsonHeaders, listIn, numberIn, readFields } from "../../task-body.ts";
import { type Asking, cannot, type TaskSource } from "../../task-table.ts";
import { inputUsage } from "../../task-usage.ts";

/** Words of others for the provider's own, which are taken as they are. */
const PURPOSES: Readonly<Record<string, string>> = {
  query: "RETRIEVAL_QUERY",
  search_query: "RETRIEVAL_QUERY",
  document: "RETRIEVAL_DOCUMENT",
  search_document: "RETRIEVAL_DOCUMENT",
  classification: "CLASSIFICATION",
  clustering: "CLUSTERING",
};

/** Gemini's `batchEmbedContents`: one request for each text. https://ai.google.dev/api/embeddings */
export function embeddings(source: TaskSource) {
  return ({ task, model, request }: Asking<"embeddings">): MappedTask => {
    const { purpose, dimensions } = task;
    const each = {
      ...extraFields(request.extraJson),
      ...(purpose !== "" && { taskType: PURPOSES[purpose] ?? purpose }),
      ...(dimensions !== undefined && { outputDimensionality: dimensions }),
    };
    const requests = task.inputs.map((input, index) => ({
      ...each,
      model: `models/${model}`,
      content: { parts: [{ text: textOf(source, input, index) }] },
    }));
    return {
      path: `/models/${encodeURIComponent(model)}:batchEmbedContents`,
      headers: jsonHeaders,
      body: JSON.stringify({ requests }),
      warnings: [],
      read: (answer) => readVectors(source, answer, model),
    };
  };
}

function textOf(source: TaskSource, { kind }: EmbeddingInput, index: number): string {
  if (kind?.$case === "text") return kind.value;
  throw cannot(source, "takes texts, not token numbers", `input[${index}]`);
}

function readVectors(source: TaskSource, answer: TaskAnswer, model: string): MappedResult {
  const fields = readFields(source, answer);
  if (fields instanceof SluiceError) return { error: fields };
  const vectors = listIn(fields["embeddings"]).map(({ values }) =>
    Embedding.fromPartial({ values: Array.isArray(values) ? values.map(numberIn) : [] }),
  );
  const usage = isFields(fields["usageMetadata"]) ? fields["usageMetadata"] : {};
  return {
    result: TaskResult.fromPartial({ model, result: { $case: "embeddings", value: { vectors } } }),
    // Older models say nothing: then the texts are counted.
    usage: inputUsage(usage["promptTokenCount"], usage),
  };
}
