import { rerank } from "../../rerank-wire.ts";
import type { TaskSource, TaskTable } from "../../task-table.ts";
import { embeddings } from "./embeddings.ts";
import { images } from "./images.ts";
import { moderations } from "./moderations.ts";
import { speech } from "./speech.ts";
import { transcriptions } from "./transcriptions.ts";

/** Everything beside chat that OpenAI's wire has. */
export function openaiTasks(source: TaskSource): TaskTable {
  return {
    embeddings: embeddings(source),
    // Not OpenAI's, but what servers that speak its wire have beside it.
    rerank: rerank(source),
    moderation: moderations(source),
    image: images(source),
    speech: speech(source),
    transcription: transcriptions(source),
  };
}
