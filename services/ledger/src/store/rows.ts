import type { OutgoingEvent } from "@sluice/platform/bus";
import { type AccountRef, accountKey } from "../accounts.ts";
import { type Amounts, NOTHING, plus } from "../amounts.ts";
import { chainText, linesOf, type NewPosting, type PostingHead } from "../postings.ts";
import type { BalanceChange } from "./budgets.ts";
import type { BulkValue } from "./bulk.ts";
import { postedEvent, postingId } from "./events.ts";
import { type RollupChange, slotOf } from "./rollups.ts";

/** Whom a posting charges, and the moment whose windows it belongs to. */
export interface PostingPlace {
  readonly accounts: readonly AccountRef[];
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

/** Rows that postings add to the books, collected before anything is written. */
export class Rows {
  readonly events: OutgoingEvent[] = [];
  readonly postings: BulkValue[][] = [];
  readonly entries: BulkValue[][] = [];
  readonly balances = new Map<string, BalanceChange>();
  readonly rollups = new Map<string, RollupChange>();
  overruns = 0n;
  #last: bigint;

  /** `last` is the number of the last posting in the books. */
  constructor(last: bigint) {
    this.#last = last;
  }

  /** Adds one posting with its lines; returns its id. */
  post(head: PostingHead, posting: NewPosting, { accounts, startedAt: started }: PostingPlace): string {
    this.#last += 1n;
    const sequence = this.#last;
    const { nanousd, inputTokens, outputTokens } = posting.amounts;
    const startedAt = BigInt(started);
    this.postings.push([
      ...[sequence, head.attemptId, head.requestId, head.tenant, head.provider, head.model, head.priceVersion],
      ...[posting.kind, posting.overrun ? 1n : 0n, nanousd, inputTokens, outputTokens, BigInt(head.at), startedAt],
      ...[head.priceId, chainText(accounts), head.usage, head.task, head.tags, head.serviceTier ?? ""],
    ]);
    if (posting.overrun) this.overruns += 1n;
    const lines = linesOf(posting.amounts, accounts, head.provider);
    for (const [index, line] of lines.entries()) {
      const key = accountKey(line.account);
      const { nanousd, inputTokens, outputTokens } = line.amounts;
      const amounts = [nanousd, inputTokens, outputTokens];
      this.entries.push([sequence, BigInt(index), head.tenant, key, ...amounts, startedAt]);
      this.#add(head.tenant, line.account, line.amounts);
    }
    const attempts = posting.kind === "metered" || posting.kind === "estimated" ? 1n : 0n;
    const slot = slotOf(started);
    for (const account of accounts) {
      this.#rollUp({ tenant: head.tenant, account, slot, added: posting.amounts, attempts });
    }
    const id = postingId(head.attemptId, posting.kind, sequence);
    this.events.push(postedEvent(head, posting, { id, lines, startedAt }));
    return id;
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
}
