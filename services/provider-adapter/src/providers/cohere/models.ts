import type { ModelEntry } from "../../provider.ts";
import { taskFamily } from "../task-models.ts";

/** A search is a query with up to a hundred documents. https://cohere.com/pricing */
const SEARCHES = { unit: "searches", documentsPerSearch: 100 };

/** Cohere's embeddings and reranks; https://docs.cohere.com/docs/models */
export const models: readonly ModelEntry[] = [
  ...taskFamily("cohere", { kind: "embeddings" }, [
    ["embed-v4.0", 128_000],
    ["embed-english-v3.0", 512],
    ["embed-multilingual-v3.0", 512],
    ["embed-english-light-v3.0", 512],
    ["embed-multilingual-light-v3.0", 512],
  ]),
  ...taskFamily("cohere", { kind: "rerank", bound: SEARCHES }, [
    ["rerank-v3.5", 4_096],
    ["rerank-english-v3.0", 4_096],
    ["rerank-multilingual-v3.0", 4_096],
  ]),
];
