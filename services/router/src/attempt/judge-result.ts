import { SluiceError } from "@sluice/platform/errors";
import { valuesOf } from "@sluice/platform/tasks";
import type { EmbeddingsResult, RerankResult, TaskRequest, TaskResult } from "@sluice/proto/tasks/v1/tasks";

/** Name of the check, as verdicts and headers show it. */
const CHECK = "result_shape";

/**
 * What is wrong with the result of a request beside chat; undefined if nothing is. An answer that cannot be used is a failure whatever its
 * status was: vectors that are missing, of different lengths or not numbers, places of documents that do not exist, images that are not there.
 */
export function faultOf({ task }: TaskRequest, result: TaskResult | undefined): string | undefined {
  const answer = result?.result;
  if (answer === undefined) return "it has no result";
  if (answer.$case !== task?.$case) return `it is a result of another kind (${answer.$case})`;
  switch (answer.$case) {
    case "embeddings":
      return task?.$case === "embeddings" ? faultOfVectors(answer.value, task.value) : undefined;
    case "rerank":
      return task?.$case === "rerank" ? faultOfOrder(answer.value, task.value) : undefined;
    case "moderation": {
      const { inputs, joint } = task?.$case === "moderation" ? task.value : { inputs: [], joint: false };
      return countFault("judgements", answer.value.entries.length, joint ? 1 : inputs.length);
    }
    case "image": {
      const wanted = task?.$case === "image" ? (task.value.n ?? 1) : 1;
      const empty = answer.value.images.some(({ source }) => source === undefined || source.value === "");
      return empty ? "an image is missing" : countFault("images", answer.value.images.length, wanted);
    }
    case "speech":
      return answer.value.audio.length === 0 ? "there is no sound in it" : undefined;
    case "transcription":
      return undefined;
  }
}

/** The failure of an attempt whose result is of no use. */
export function rejectedResult(fault: string): SluiceError {
  return new SluiceError("upstream_bad_response", `The model's answer was judged bad: ${fault}.`, {
    details: { facts: { verdict: "fail", checks: CHECK } },
  });
}

function faultOfVectors(
  { vectors }: EmbeddingsResult,
  { inputs, dimensions }: { readonly inputs: readonly unknown[]; readonly dimensions?: number | undefined },
): string | undefined {
  const count = countFault("vectors", vectors.length, inputs.length);
  if (count !== undefined) return count;
  const [first] = vectors;
  const length = dimensions ?? (first === undefined ? 0 : valuesOf(first).length);
  for (const [index, vector] of vectors.entries()) {
    const values = valuesOf(vector);
    if (values.length === 0) return `vector ${index} is empty`;
    if (values.length !== length) return `vector ${index} has ${values.length} components instead of ${length}`;
    if (!values.every(Number.isFinite)) return `vector ${index} has components that are no numbers`;
  }
  return undefined;
}

function faultOfOrder(
  { documents }: RerankResult,
  { documents: given, topN }: { readonly documents: readonly string[]; readonly topN?: number | undefined },
): string | undefined {
  const seen = new Set<number>();
  for (const { index, score } of documents) {
    if (!Number.isInteger(index) || index < 0 || index >= given.length)
      return `it names a document ${index} of ${given.length}`;
    if (seen.has(index)) return `it names document ${index} twice`;
    if (!Number.isFinite(score)) return `the score of document ${index} is no number`;
    seen.add(index);
  }
  return countFault("documents", documents.length, Math.min(topN ?? given.length, given.length));
}

function countFault(what: string, got: number, wanted: number): string | undefined {
  return got === wanted ? undefined : `it has ${got} ${what} instead of ${wanted}`;
}
