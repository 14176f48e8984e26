import type { Route } from "../../http/exchange.ts";
import { chatHandler } from "../../serve/serve-chat.ts";
import { taskHandler } from "../../serve/serve-task.ts";
import { openaiDoor } from "./door.ts";
import { handleModels } from "./models.ts";
import { embeddingsWire } from "./tasks/embeddings.ts";
import { openaiWire } from "./wire.ts";

/** The paths of OpenAI's API that are simulated. */
export const OPENAI_ROUTES: readonly Route[] = [
  { method: "POST", path: "/v1/chat/completions", handle: chatHandler(openaiWire) },
  { method: "POST", path: "/v1/embeddings", handle: taskHandler(openaiDoor, embeddingsWire) },
  { method: "GET", path: "/v1/models", handle: handleModels },
];
