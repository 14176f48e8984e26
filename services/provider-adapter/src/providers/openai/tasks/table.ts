import { rerank } from "../../rerank-wire.ts";
import type { TaskSource, TaskTable } from "../../task-table.ts";
import { embeddings } from "./embeddings.ts";

/** Everything beside chat that OpenAI's wire has. */
export function openaiTasks(source: TaskSource): TaskTable {
  return {
    embeddings: embeddings(source),
    // Not OpenAI's, but what servers that speak its wire have beside it.
    rerank: rerank(source),
  };
}
