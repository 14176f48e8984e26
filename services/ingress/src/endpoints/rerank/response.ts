import type { RerankResult } from "@sluice/proto/tasks/v1/tasks";
import type { WholeResult } from "../../tasks/task-dialect.ts";
import { tokensRead } from "../../tasks/tokens-read.ts";

export interface RerankPrint {
  readonly id: string;
  /** Documents to be repeated in the answer; undefined if none are wanted. */
  readonly shown: readonly string[] | undefined;
  readonly whole: WholeResult;
}

/** An order of documents with the fields that Cohere's clients read and those that Jina's do. */
export function rerankBody({ documents }: RerankResult, { id, shown, whole }: RerankPrint): object {
  const { usage } = whole.summary;
  const tokens = tokensRead(usage);
  const billed = usage?.searches === undefined ? { input_tokens: tokens } : { search_units: Number(usage.searches) };
  return {
    id,
    object: "list",
    model: whole.model,
    results: documents.map(({ index, score }) => ({
      index,
      relevance_score: score,
      ...(shown !== undefined && { document: { text: shown[index] ?? "" } }),
    })),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
    meta: { api_version: { version: "2" }, billed_units: billed },
  };
}
