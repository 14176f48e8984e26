import type { Route } from "../../http/exchange.ts";
import { chatHandler } from "../../serve/serve-chat.ts";
import { handleModels } from "./models.ts";
import { openaiWire } from "./wire.ts";

/** The paths of OpenAI's API that are simulated. */
export const OPENAI_ROUTES: readonly Route[] = [
  { method: "POST", path: "/v1/chat/completions", handle: chatHandler(openaiWire) },
  { method: "GET", path: "/v1/models", handle: handleModels },
];
