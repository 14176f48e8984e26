import type { ChatRequest } from "@sluice/proto/chat/v1/chat";
import type { RouteOptions, RouteResponse } from "@sluice/proto/router/v1/router_service";
import type { Door } from "../door.ts";
import type { Exchange } from "../exchange.ts";
import { type Asking, callContext } from "./call-context.ts";

/** One admitted request. */
export interface AdmittedChat {
  readonly asking: Asking;
  readonly chat: ChatRequest;
  /** Undefined if the caller has none. */
  readonly wishes: RouteOptions | undefined;
}

/** Asks the router for the answer. The call ends when the client leaves, the door stops, or time is up. */
export function routeChat(
  door: Door,
  exchange: Exchange,
  { asking, chat, wishes }: AdmittedChat,
): AsyncIterable<RouteResponse> {
  const context = callContext(door, exchange, asking, chat);
  return door.router.route(
    { context, chat, options: wishes, task: undefined },
    { deadlineMs: door.config.request_timeout_ms, signal: exchange.abort.signal },
  );
}
