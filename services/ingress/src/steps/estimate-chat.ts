import type { EstimateResponse } from "@sluice/proto/router/v1/router_service";
import type { Door } from "../door.ts";
import type { Exchange } from "../exchange.ts";
import { callContext } from "./call-context.ts";
import type { AdmittedChat } from "./route-chat.ts";

const ESTIMATE_DEADLINE_MS = 15_000;

/** Asks the router what the answer would cost. Nobody is called and nothing is held. */
export function estimateChat(
  door: Door,
  exchange: Exchange,
  { asking, chat, wishes }: AdmittedChat,
): Promise<EstimateResponse> {
  const context = callContext(door, exchange, asking, chat);
  return door.router.estimate(
    { context, chat, options: wishes, task: undefined },
    { deadlineMs: Math.min(ESTIMATE_DEADLINE_MS, door.config.request_timeout_ms), signal: exchange.abort.signal },
  );
}
