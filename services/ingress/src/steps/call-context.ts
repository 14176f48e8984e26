import { traceparent } from "@sluice/platform/trace";
import type { ChatRequest } from "@sluice/proto/chat/v1/chat";
import { type Account, AccountKind, type CallContext } from "@sluice/proto/common/v1/call_context";
import type { Door } from "../door.ts";
import type { Exchange } from "../exchange.ts";
import type { Caller } from "../keys/key-ring.ts";
import type { KnownSession } from "../keys/session-ring.ts";
import { type Labels, tagsOf } from "./read-labels.ts";

/** Who asks, as far as the steps have found out. */
export interface Asking {
  readonly caller: Caller;
  /** Undefined if the request belongs to none. */
  readonly session: KnownSession | undefined;
  readonly labels: Labels;
}

/** What callers write into any request for their own use. */
export type Labelled = Pick<ChatRequest, "metadata" | "userLabel">;

/** What travels with a request to the last service: who asks, and which accounts its attempts are charged to. */
export function callContext(
  door: Pick<Door, "config">,
  exchange: Exchange,
  { caller, session, labels }: Asking,
  chat: Labelled,
): CallContext {
  const given = exchange.request.headers["traceparent"];
  return {
    requestId: exchange.requestId,
    tenantId: caller.tenantId,
    keyId: caller.keyId,
    userId: caller.userId,
    teamId: caller.teamId,
    sessionId: session?.id ?? "",
    accounts: accountsOf(door, caller, session, chat),
    receivedAtMs: BigInt(exchange.receivedAtMs),
    traceparent: traceparent() ?? (typeof given === "string" ? given.slice(0, 128) : ""),
    sliceId: session?.slice === true ? session.id : "",
    task: labels.task,
    tags: tagsOf(labels, chat.metadata),
  };
}

/**
 * A session with a slice stands for the key's accounts: they hold the slice already, and the ledger knows them. The body's `user` is a
 * label, not an identity: it becomes an account only where configuration says so.
 */
function accountsOf(
  { config }: Pick<Door, "config">,
  caller: Caller,
  session: KnownSession | undefined,
  chat: Labelled,
): Account[] {
  const accounts = session?.slice === true ? [] : [...caller.accounts];
  if (session !== undefined) accounts.push({ kind: AccountKind.ACCOUNT_KIND_SESSION, id: session.id });
  if (config.label_accounts && chat.userLabel !== "") {
    accounts.push({ kind: AccountKind.ACCOUNT_KIND_LABEL, id: chat.userLabel });
  }
  return accounts;
}
