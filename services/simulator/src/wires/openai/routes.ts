import type { Route } from "../../http/exchange.ts";
import { handleChat } from "./chat.ts";
import { handleModels } from "./models.ts";

/** The paths of OpenAI's API that are simulated. */
export const OPENAI_ROUTES: readonly Route[] = [
  { method: "POST", path: "/v1/chat/completions", handle: handleChat },
  { method: "GET", path: "/v1/models", handle: handleModels },
];
