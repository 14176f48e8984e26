import { hash } from "node:crypto";
import type { OutgoingEvent, PrintedEvent } from "@sluice/platform/bus";
import { BudgetCrossed, HoldEnded, LedgerPosted } from "@sluice/proto/events/v1/ledger_events";
import { type AccountRef, accountToProto, amountToProto } from "../accounts.ts";
import type { UnitName } from "../amounts.ts";
import type { WindowName } from "../holds/windows.ts";
import type { Line, NewPosting, PostingHead, PostingKind } from "../postings.ts";
import { tagsOf } from "./texts.ts";

interface StoredEvent extends Omit<PrintedEvent, "json"> {
  readonly payload: unknown;
}

/** JSON text of events, for the outbox table. */
export function eventsToText(events: readonly PrintedEvent[]): string {
  const stored = events.map(({ type, id, tenant, json }) => {
    return `{"type":"${type}","id":${JSON.stringify(id)},"tenant":${JSON.stringify(tenant)},"payload":${json}}`;
  });
  return `[${stored.join(",")}]`;
}

/** Events from the outbox table's text. */
export function eventsFromText(text: string): readonly PrintedEvent[] {
  return (JSON.parse(text) as readonly StoredEvent[]).map(({ payload, ...event }) => {
    return { ...event, json: JSON.stringify(payload) };
  });
}

/** A fact's id from its parts; account names may have any length and letters, ids may not, so such an id is a digest. */
export function factId(...parts: readonly (string | number | bigint)[]): string {
  const plain = parts.join(".");
  return FACT_ID.test(plain) ? plain : `${parts[0]}.${hash("sha256", plain)}`;
}

const FACT_ID = /^[!-~]{1,200}$/;

/** A posting's id: an attempt has at most one posting of each kind, except that it may be re-rated again and again. */
export function postingId(attemptId: string, kind: PostingKind, sequence: bigint): string {
  return kind === "rerated" ? `${attemptId}.${kind}.${sequence}` : `${attemptId}.${kind}`;
}

/** `ledger.posted`; its lines are the money only, tokens stand beside them. */
export function postedEvent(
  head: PostingHead,
  posting: NewPosting,
  { id, lines, startedAt }: { readonly id: string; readonly lines: readonly Line[]; readonly startedAt: bigint },
): OutgoingEvent<"ledger.posted"> {
  const payload = LedgerPosted.fromPartial({
    postingId: id,
    attemptId: head.attemptId,
    requestId: head.requestId,
    tenantId: head.tenant,
    provider: head.provider,
    model: head.model,
    amountNanousd: posting.amounts.nanousd,
    priceVersion: head.priceVersion,
    kind: posting.kind,
    overrun: posting.overrun,
    lines: lines.map(({ account, amounts }) => ({
      account: accountToProto(account),
      amount: amountToProto("nanousd", amounts.nanousd),
    })),
    postedAtMs: BigInt(head.at),
    inputTokens: posting.amounts.inputTokens,
    outputTokens: posting.amounts.outputTokens,
    startedAtMs: startedAt,
    task: head.task,
    tags: tagsOf(head.tags),
  });
  return { type: "ledger.posted", id, tenant: head.tenant, payload };
}

export interface Ending {
  readonly holdId: string;
  readonly tenant: string;
  readonly ending: "settled" | "void" | "expired";
  readonly at: number;
  readonly reason: string;
}

/** `hold.ended`. */
export function endedEvent({ holdId, tenant, ending, at, reason }: Ending): OutgoingEvent<"hold.ended"> {
  const payload = HoldEnded.fromPartial({ holdId, tenantId: tenant, ending, endedAtMs: BigInt(at), reason });
  return { type: "hold.ended", id: `${holdId}.${ending}`, tenant, payload };
}

export interface Crossing {
  readonly tenant: string;
  readonly account: AccountRef;
  readonly unit: UnitName;
  readonly limit: bigint;
  readonly spent: bigint;
  readonly percent: number;
  readonly window: WindowName;
  /** Beginning of the window in epoch milliseconds; 0 for the total. */
  readonly start: number;
  readonly soft: boolean;
  readonly at: number;
}

/** `budget.crossed`; one per account, unit, limit and share, and for windows in each of their instances. */
export function crossedEvent(crossing: Crossing): OutgoingEvent<"budget.crossed"> {
  const { tenant, account, unit, limit, spent, percent, window, start, soft, at } = crossing;
  const payload = BudgetCrossed.fromPartial({
    account: accountToProto(account),
    tenantId: tenant,
    limit: amountToProto(unit, limit),
    spent: amountToProto(unit, spent),
    percent,
    crossedAtMs: BigInt(at),
    window,
    soft,
  });
  const which = window === "total" && !soft ? [] : [window, start, soft ? "soft" : "hard"];
  const id = factId("crossed", tenant, account.kind, account.id, unit, limit, percent, ...which);
  return { type: "budget.crossed", id, tenant, payload };
}
