import type { Logger } from "@sluice/platform/log";
import { minus } from "./amounts.ts";
import type { BookKeeper } from "./books/keeper.ts";
import type { HoldStore, Settlement } from "./holds/types.ts";
import type { LedgerMetrics } from "./ledger-metrics.ts";
import { type Fact, rankOf } from "./postings.ts";
import type { Books } from "./store/apply.ts";
import type { Applied } from "./store/batch.ts";
import type { Outbox } from "./store/outbox.ts";
import type { Turns } from "./turns.ts";

export interface SettlementOptions extends Books {
  readonly keeper: BookKeeper;
  readonly outbox: Pick<Outbox, "add" | "waiting">;
  readonly store: HoldStore;
  readonly metrics: LedgerMetrics;
  readonly log: Logger;
  /** Settling, and opening windows, one after the other. */
  readonly turns: Turns;
  /**
   * For a store that only this process uses: attempts whose facts are in the books, and of which it could not be told. Any other fact that
   * the books have already was in them when its counters were set to them at the start. Undefined for a shared store.
   */
  readonly untold?: Set<string> | undefined;
}

/**
 * Carries facts into the books: SQL transaction, then the hold store, in this order. A crash in between leaves money held and
 * charged for a moment, never unaccounted for; repeating the fact finishes what is missing. Returns what became of each fact.
 */
export async function settleFacts(options: SettlementOptions, facts: readonly Fact[]): Promise<readonly Applied[]> {
  if (facts.length === 0) return [];
  const { outbox, store, untold } = options;
  const { applied } = await options.turns.take(async () => {
    const batch = await options.keeper.apply(facts);
    if (batch.outboxId !== undefined) outbox.add(batch.outboxId, batch.events);
    const due = batch.applied.filter((each) => untold === undefined || isNews(each) || untold.has(each.fact.attemptId));
    for (const { fact } of due) untold?.add(fact.attemptId);
    await store.settle(due.map((each) => settlementOf(each, batch.holdEpoch)));
    for (const { fact } of due) untold?.delete(fact.attemptId);
    return batch;
  });
  for (const each of applied) note(options, each);
  return applied;
}

function isNews({ decision }: Applied): boolean {
  return decision.first || decision.posting !== undefined;
}

function settlementOf({ fact, decision, ending }: Applied, bookedUnder: bigint): Settlement {
  const { record, first, posting } = decision;
  return {
    id: fact.attemptId,
    tenant: fact.tenant,
    total: record.net,
    rank: rankOf(record),
    ending,
    at: fact.at,
    startedAt: record.startedAt,
    // A repeated fact about a forgotten hold was settled when it was first applied.
    chargeUnknown: first || posting !== undefined ? record.accounts : undefined,
    before: first || posting === undefined ? undefined : minus(record.net, posting.amounts),
    bookedUnder,
  };
}

function note({ metrics, log }: SettlementOptions, { fact, decision }: Applied): void {
  const { posting } = decision;
  if (posting === undefined) return;
  metrics.posted[posting.kind].add();
  if (!posting.overrun) return;
  metrics.overruns.add();
  const { attemptId: attempt, tenant: tenant_id, requestId: request_id, provider, model, total, heldNanousd } = fact;
  const cost_nanousd = total.nanousd;
  const fields = { attempt, tenant_id, request_id, provider, model, cost_nanousd, held_nanousd: heldNanousd };
  log.warn(fields, "attempt cost more than its hold");
}
