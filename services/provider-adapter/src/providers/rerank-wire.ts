import { SluiceError } from "@sluice/platform/errors";
import { Usage } from "@sluice/proto/common/v1/usage";
import { type RankedDocument, TaskResult } from "@sluice/proto/tasks/v1/tasks";
import type { MappedResult, MappedTask, TaskAnswer } from "../provider-tasks.ts";
import { extraFields, type Fields, isFields, jsonHeaders, listIn, numberIn, readFields, textIn } from "./task-body.ts";
import type { Asking, TaskSource } from "./task-table.ts";
import { countIn, inputUsage, rawOf } from "./task-usage.ts";

/** Where the reranks of the family that all providers share differ. */
export interface RerankWire {
  readonly path?: string;
  /** Field for the most documents to be told of. */
  readonly topField?: "top_n" | "top_k";
  /** Field for the tokens of each document that are read; undefined if it has none. */
  readonly tokensField?: "max_tokens_per_doc" | undefined;
  /** False if documents are never repeated in the answer, so that there is nothing to be switched off. */
  readonly repeatsDocuments?: boolean;
}

const USUAL: Required<RerankWire> = {
  path: "/rerank",
  topField: "top_n",
  tokensField: undefined,
  repeatsDocuments: true,
};

/** The rerank that Cohere began and most others speak: a query, documents, places with scores. https://docs.cohere.com/reference/rerank */
export function rerank(source: TaskSource, wire: RerankWire = {}) {
  const rules = { ...USUAL, ...wire };
  return ({ task, model, entry, request }: Asking<"rerank">): MappedTask => {
    const { tokensField } = rules;
    const given = task.maxTokensPerDocument;
    const warnings =
      given !== undefined && tokensField === undefined
        ? ["max_tokens_per_doc is not known to the provider: dropped"]
        : [];
    const body = {
      ...extraFields(request.extraJson),
      model,
      query: task.query,
      documents: task.documents,
      ...(task.topN !== undefined && { [rules.topField]: task.topN }),
      ...(given !== undefined && tokensField !== undefined && { [tokensField]: given }),
      // The door has the documents, and puts them into the answer itself where they are wanted.
      ...(rules.repeatsDocuments && { return_documents: false }),
    };
    return {
      path: rules.path,
      headers: jsonHeaders,
      body: JSON.stringify(body),
      warnings,
      read: (answer) => readOrder(source, answer, entry.taskBound?.unit ?? "tokens"),
    };
  };
}

/** Reads an order of documents, the best first. @throws upstream_bad_response */
function readOrder(source: TaskSource, answer: TaskAnswer, unit: string): MappedResult {
  const fields = readFields(source, answer);
  if (fields instanceof SluiceError) return { error: fields };
  const documents = listIn(fields["results"] ?? fields["data"]).map(placeOf);
  documents.sort((a, b) => b.score - a.score);
  return {
    result: TaskResult.fromPartial({
      id: textIn(fields["id"]),
      model: textIn(fields["model"]),
      result: { $case: "rerank", value: { documents } },
    }),
    usage: usageOf(fields, unit),
  };
}

function placeOf(entry: Fields): RankedDocument {
  const { index } = entry;
  const score = entry["relevance_score"] ?? entry["relevanceScore"] ?? entry["score"];
  return {
    // A place that is none is seen by whoever judges the result.
    index: typeof index === "number" && Number.isInteger(index) && Math.abs(index) <= 2_147_483_647 ? index : -1,
    score: numberIn(score),
  };
}

/** In the unit that the model is billed by: an answer may tell of others too. */
function usageOf(fields: Fields, unit: string): Usage | undefined {
  const meta = isFields(fields["meta"]) ? fields["meta"] : {};
  const billed = isFields(meta["billed_units"]) ? meta["billed_units"] : {};
  if (unit === "searches") {
    const searches = countIn(billed["search_units"]);
    return searches === undefined || searches === 0n
      ? undefined
      : Usage.fromPartial({ searches, rawJson: rawOf(meta) });
  }
  const usage = isFields(fields["usage"]) ? fields["usage"] : {};
  return inputUsage(billed["input_tokens"] ?? usage["prompt_tokens"] ?? usage["total_tokens"], usage);
}
