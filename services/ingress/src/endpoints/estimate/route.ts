import { runChat } from "../../pipeline.ts";
import { chatDialect } from "../chat-completions/route.ts";
import type { EndpointFactory } from "../endpoint.ts";

/** `POST /v1/estimate`: what a chat completion would cost, without asking anyone for it. */
export const estimate: EndpointFactory = (door) => {
  const dialect = chatDialect(door);
  return {
    method: "POST",
    path: "/v1/estimate",
    handle: (exchange) => runChat(door, exchange, { dialect, purpose: "estimate" }),
  };
};
