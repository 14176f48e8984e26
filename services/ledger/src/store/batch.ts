import type { OutgoingEvent } from "@sluice/platform/bus";
import { type AccountRef, accountKey } from "../accounts.ts";
import { type Amounts, NOTHING, plus } from "../amounts.ts";
import { type AttemptRecord, chainText, type Decision, decide, type Fact, linesOf } from "../postings.ts";
import type { BalanceChange } from "./budgets.ts";
import type { BulkValue } from "./bulk.ts";
import { endedEvent, postedEvent } from "./events.ts";
import { type RollupChange, slotOf } from "./rollups.ts";

/** What became of one fact. */
export interface Applied {
  readonly fact: Fact;
  readonly decision: Decision;
  readonly ending: "settled" | "void" | "expired";
}

const REASONS = {
  settled: "The attempt was metered.",
  void: "Nothing was sent.",
  expired: "Nobody metered the attempt before its hold expired.",
} as const;

/** Rows a batch of facts adds, collected before anything is written. */
export class Batch {
  readonly applied: Applied[] = [];
  readonly events: OutgoingEvent[] = [];
  readonly postings: BulkValue[][] = [];
  readonly entries: BulkValue[][] = [];
  readonly records = new Map<string, { readonly fact: Fact; readonly record: AttemptRecord }>();
  readonly balances = new Map<string, BalanceChange>();
  readonly rollups = new Map<string, RollupChange>();
  overruns = 0n;

  constructor(facts: readonly Fact[], known: ReadonlyMap<string, AttemptRecord>, sequence: bigint) {
    let next = sequence;
    for (const fact of facts) {
      const before = this.records.get(fact.attemptId)?.record ?? known.get(fact.attemptId);
      const decision = decide(before, fact);
      if (decision.record !== before) this.records.set(fact.attemptId, { fact, record: decision.record });
      if (decision.posting !== undefined) this.#post(fact, decision, ++next);
      this.#end(fact, decision);
    }
  }

  #post(fact: Fact, { posting, record }: Decision, sequence: bigint): void {
    if (posting === undefined) return;
    const { nanousd, inputTokens, outputTokens } = posting.amounts;
    const startedAt = BigInt(record.startedAt);
    this.postings.push([
      ...[sequence, fact.attemptId, fact.requestId, fact.tenant, fact.provider, fact.model, fact.priceVersion],
      ...[posting.kind, posting.overrun ? 1n : 0n, nanousd, inputTokens, outputTokens, BigInt(fact.at), startedAt],
      ...[fact.priceId, chainText(record.accounts), fact.usage, fact.task, fact.tags],
    ]);
    if (posting.overrun) this.overruns += 1n;
    const lines = linesOf(posting.amounts, record.accounts, fact.provider);
    for (const [index, line] of lines.entries()) {
      const key = accountKey(line.account);
      const { nanousd, inputTokens, outputTokens } = line.amounts;
      const amounts = [nanousd, inputTokens, outputTokens];
      this.entries.push([sequence, BigInt(index), fact.tenant, key, ...amounts, startedAt]);
      this.#add(fact.tenant, line.account, line.amounts);
    }
    const attempts = posting.kind === "correction" ? 0n : 1n;
    const slot = slotOf(record.startedAt);
    for (const account of record.accounts) {
      this.#rollUp({ tenant: fact.tenant, account, slot, added: posting.amounts, attempts });
    }
    this.events.push(postedEvent(fact, posting, { lines, startedAt }));
  }

  #add(tenant: string, account: AccountRef, amounts: Amounts): void {
    const name = `${tenant} ${accountKey(account)}`;
    const added = plus(this.balances.get(name)?.added ?? NOTHING, amounts);
    this.balances.set(name, { tenant, account, after: NOTHING, added });
  }

  #rollUp(change: RollupChange): void {
    const { tenant, account, slot, added, attempts } = change;
    const name = `${slot} ${tenant} ${accountKey(account)}`;
    const before = this.rollups.get(name);
    const sum = { added: plus(before?.added ?? NOTHING, added), attempts: (before?.attempts ?? 0n) + attempts };
    this.rollups.set(name, { tenant, account, slot, ...sum });
  }

  #end(fact: Fact, decision: Decision): void {
    const ending = !fact.billable ? "void" : fact.kind === "estimated" ? "expired" : "settled";
    this.applied.push({ fact, decision, ending });
    if (!decision.first) return;
    const { attemptId: holdId, tenant, at } = fact;
    this.events.push(endedEvent({ holdId, tenant, ending, at, reason: REASONS[ending] }));
  }
}
