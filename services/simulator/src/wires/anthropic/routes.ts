import type { Route } from "../../http/exchange.ts";
import { chatHandler } from "../../serve/serve-chat.ts";
import { handleCountTokens } from "./count-tokens.ts";
import { anthropicWire } from "./wire.ts";

/** The paths of Anthropic's API that are simulated. */
export const ANTHROPIC_ROUTES: readonly Route[] = [
  { method: "POST", path: "/v1/messages", handle: chatHandler(anthropicWire) },
  { method: "POST", path: "/v1/messages/count_tokens", handle: handleCountTokens },
];
