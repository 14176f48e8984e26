import type { ModelEntry } from "../../provider.ts";
import { taskFamily } from "../task-models.ts";

/** Voyage's embeddings and reranks; https://docs.voyageai.com/docs/embeddings, https://docs.voyageai.com/docs/reranker */
export const models: readonly ModelEntry[] = [
  ...taskFamily("voyage", { kind: "embeddings" }, [
    ["voyage-4-large", 32_000],
    ["voyage-4", 32_000],
    ["voyage-4-lite", 32_000],
    ["voyage-3.5", 32_000],
    ["voyage-3.5-lite", 32_000],
    ["voyage-3-large", 32_000],
    ["voyage-3", 32_000],
    ["voyage-3-lite", 32_000],
    ["voyage-code-3", 32_000],
    ["voyage-finance-2", 32_000],
    ["voyage-law-2", 16_000],
    ["voyage-multilingual-2", 32_000],
    ["voyage-code-2", 16_000],
  ]),
  ...taskFamily("voyage", { kind: "rerank" }, [
    ["rerank-2.5", 32_000],
    ["rerank-2.5-lite", 32_000],
    ["rerank-2", 16_000],
    ["rerank-2-lite", 8_000],
  ]),
];
