import type { Route } from "../../http/exchange.ts";
import { chatHandler } from "../../serve/serve-chat.ts";
import { handleCountTokens } from "./count-tokens.ts";
import { handleModel, handleModels } from "./models.ts";
import { geminiWire } from "./wire.ts";

/** The paths of Gemini's API that are simulated, under both of its versions. */
export const GEMINI_ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: /^\/v1(?:beta)?\/models\/[^/]+:(generateContent|streamGenerateContent)$/,
    handle: chatHandler(geminiWire),
  },
  { method: "POST", path: /^\/v1(?:beta)?\/models\/[^/]+:countTokens$/, handle: handleCountTokens },
  { method: "GET", path: "/v1beta/models", handle: handleModels },
  { method: "GET", path: /^\/v1(?:beta)?\/models\/[^/:]+$/, handle: handleModel },
];
