import { float32Of, valuesOf } from "@sluice/platform/tasks";
import type { Usage } from "@sluice/proto/common/v1/usage";
import type { EmbeddingsResult } from "@sluice/proto/tasks/v1/tasks";
import { tokensRead } from "../../tasks/tokens-read.ts";

/** Vectors in OpenAI's shape: as lists of numbers, or as base64 of 32-bit floats if the caller asked for that. */
export function embeddingsBody(
  { vectors }: EmbeddingsResult,
  about: { readonly model: string; readonly usage: Usage | undefined; readonly base64: boolean },
): object {
  const tokens = tokensRead(about.usage);
  return {
    object: "list",
    data: vectors.map((vector, index) => ({
      object: "embedding",
      index,
      embedding: about.base64 ? Buffer.from(float32Of(vector)).toString("base64") : valuesOf(vector),
    })),
    model: about.model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}
