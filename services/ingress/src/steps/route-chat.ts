import { traceparent } from "@sluice/platform/trace";
import type { ChatRequest } from "@sluice/proto/chat/v1/chat";
import { type Account, AccountKind } from "@sluice/proto/common/v1/call_context";
import type { RouteOptions, RouteResponse } from "@sluice/proto/router/v1/router_service";
import type { Door } from "../door.ts";
import type { Exchange } from "../exchange.ts";
import type { Caller } from "../keys/key-ring.ts";

/** One admitted request. */
export interface AdmittedChat {
  readonly caller: Caller;
  readonly chat: ChatRequest;
  /** Undefined if the caller has none. */
  readonly wishes: RouteOptions | undefined;
}

/** Asks the router for the answer. The call ends when the client leaves, the door stops, or time is up. */
export function routeChat(
  door: Door,
  exchange: Exchange,
  { caller, chat, wishes }: AdmittedChat,
): AsyncIterable<RouteResponse> {
  const given = exchange.request.headers["traceparent"];
  const context = {
    requestId: exchange.requestId,
    tenantId: caller.tenantId,
    keyId: caller.keyId,
    userId: caller.userId,
    teamId: caller.teamId,
    sessionId: "",
    accounts: accountsOf(door, caller, chat),
    receivedAtMs: BigInt(exchange.receivedAtMs),
    traceparent: traceparent() ?? (typeof given === "string" ? given.slice(0, 128) : ""),
  };
  return door.router.route(
    { context, chat, options: wishes },
    { deadlineMs: door.config.request_timeout_ms, signal: exchange.abort.signal },
  );
}

/** The body's `user` is a label, not an identity: it becomes an account only where configuration says so. */
function accountsOf(door: Door, caller: Caller, chat: ChatRequest): Account[] {
  const accounts = [...caller.accounts];
  if (door.config.label_accounts && chat.userLabel !== "") {
    accounts.push({ kind: AccountKind.ACCOUNT_KIND_LABEL, id: chat.userLabel });
  }
  return accounts;
}
