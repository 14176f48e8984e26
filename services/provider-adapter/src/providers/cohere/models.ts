import type { ModelEntry } from "../../provider.ts";
import { family } from "../models.ts";
import { taskFamily } from "../task-models.ts";

/** A search is a query with up to a hundred documents. https://cohere.com/pricing */
const SEARCHES = { unit: "searches", documentsPerSearch: 100 };

const CHAT = ["tools", "parallel_tools", "json_object", "json_schema"] as const;

/** Cohere's chats, embeddings and reranks; https://docs.cohere.com/docs/models */
export const models: readonly ModelEntry[] = [
  ...family("cohere", CHAT, [
    ["command-a-03-2025", 256_000, 8_000],
    ["command-r-08-2024", 128_000, 4_000],
    ["command-r-plus-08-2024", 128_000, 4_000],
    ["command-r7b-12-2024", 128_000, 4_000],
    ["command-r7b-arabic-02-2025", 128_000, 4_000],
  ]),
  ...family("cohere", [...CHAT, "reasoning"], [["command-a-reasoning-08-2025", 256_000, 32_000]]),
  ...family("cohere", [...CHAT, "reasoning", "vision"], [["command-a-plus-05-2026", 128_000, 64_000]]),
  ...family("cohere", ["json_object", "json_schema", "vision"], [["command-a-vision-07-2025", 128_000, 8_000]]),
  ...family("cohere", ["json_object"], [["command-a-translate-08-2025", 8_000, 8_000]]),
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
