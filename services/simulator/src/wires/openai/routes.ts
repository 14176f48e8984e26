import type { Route } from "../../http/exchange.ts";
import { chatHandler } from "../../serve/serve-chat.ts";
import { taskHandler } from "../../serve/serve-task.ts";
import { openaiDoor } from "./door.ts";
import { handleModels } from "./models.ts";
import { embeddingsWire } from "./tasks/embeddings.ts";
import { imagesWire } from "./tasks/images.ts";
import { moderationsWire } from "./tasks/moderations.ts";
import { rerankWire } from "./tasks/rerank.ts";
import { speechWire } from "./tasks/speech.ts";
import { transcriptionsWire } from "./tasks/transcriptions.ts";
import { openaiWire } from "./wire.ts";

/** The paths of OpenAI's API that are simulated. */
export const OPENAI_ROUTES: readonly Route[] = [
  { method: "POST", path: "/v1/chat/completions", handle: chatHandler(openaiWire) },
  { method: "POST", path: "/v1/embeddings", handle: taskHandler(openaiDoor, embeddingsWire) },
  { method: "POST", path: "/v1/rerank", handle: taskHandler(openaiDoor, rerankWire) },
  { method: "POST", path: "/v1/moderations", handle: taskHandler(openaiDoor, moderationsWire) },
  { method: "POST", path: "/v1/images/generations", handle: taskHandler(openaiDoor, imagesWire) },
  { method: "POST", path: "/v1/audio/speech", handle: taskHandler(openaiDoor, speechWire) },
  { method: "POST", path: "/v1/audio/transcriptions", handle: taskHandler(openaiDoor, transcriptionsWire) },
  { method: "GET", path: "/v1/models", handle: handleModels },
];
