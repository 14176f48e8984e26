import { type AccountRef, accountKey } from "./accounts.ts";
import { type Amounts, minus, NOTHING, sameAmounts } from "./amounts.ts";
import { RANK, type Rank } from "./holds/types.ts";

/** What a posting says beside its amounts. */
export interface PostingHead {
  readonly attemptId: string;
  readonly requestId: string;
  readonly tenant: string;
  readonly provider: string;
  readonly model: string;
  readonly priceId: string;
  readonly priceVersion: string;
  /** Consumption in classes as the books keep it; empty if unknown. */
  readonly usage: string;
  /** Processing tier the provider used; absent if it did not say. */
  readonly serviceTier?: string | undefined;
  readonly task: string;
  /** Tags as the books keep them; empty if none. */
  readonly tags: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What the ledger is told about one attempt. */
export interface Fact extends PostingHead {
  readonly kind: "metered" | "estimated";
  /** Everything the attempt is charged with. */
  readonly total: Amounts;
  /** False if nothing was sent: no posting then. */
  readonly billable: boolean;
  /** Accounts charged: those it is held on, and the parents of the slice that pays. */
  readonly accounts: readonly AccountRef[];
  /** Money held for it; undefined if no hold is known. */
  readonly heldNanousd: bigint | undefined;
  /** Epoch milliseconds of the attempt's start: its windows belong to this moment. */
  readonly startedAt: number;
}

/** What the ledger has on record about an attempt. */
export interface AttemptRecord {
  readonly kind: "metered" | "estimated";
  readonly net: Amounts;
  readonly accounts: readonly AccountRef[];
  readonly overrun: boolean;
  /** Epoch milliseconds: what the first fact said. Corrections belong to the same windows. */
  readonly startedAt: number;
}

/** Why money moved: by a fact about an attempt, by another price for it, or by comparison with its provider's bill. */
export type PostingKind = "metered" | "estimated" | "correction" | "rerated" | "reconciliation";

export interface NewPosting {
  readonly kind: PostingKind;
  readonly amounts: Amounts;
  readonly overrun: boolean;
}

export interface Decision {
  /** True if the ledger had nothing on this attempt. */
  readonly first: boolean;
  /** The record after the fact; the same as before if the fact is a repetition. */
  readonly record: AttemptRecord;
  readonly posting: NewPosting | undefined;
}

/** One account's side of a posting: debit positive, credit negative. */
export interface Line {
  readonly account: AccountRef;
  readonly amounts: Amounts;
}

/**
 * What a fact changes. The first fact is posted as it is; metered after estimated is posted as the difference, so that the
 * net is the truth; everything else is a repetition and changes nothing.
 */
export function decide(before: AttemptRecord | undefined, fact: Fact): Decision {
  const { kind, total, accounts } = fact;
  const overrun = fact.heldNanousd !== undefined && total.nanousd > fact.heldNanousd;
  if (before === undefined) {
    const posting = fact.billable ? { kind, amounts: total, overrun } : undefined;
    return { first: true, record: { kind, net: total, accounts, overrun, startedAt: fact.startedAt }, posting };
  }
  if (before.kind === "metered" || kind === "estimated") return { first: false, record: before, posting: undefined };
  const record: AttemptRecord = { ...before, kind, net: total, overrun };
  if (sameAmounts(before.net, total)) return { first: false, record, posting: undefined };
  return { first: false, record, posting: { kind: "correction", amounts: minus(total, before.net), overrun } };
}

/** Double entry: each account of the chain is debited and the provider credited, level by level, so that every level sums to zero. */
export function linesOf(amounts: Amounts, accounts: readonly AccountRef[], provider: string): readonly Line[] {
  if (sameAmounts(amounts, NOTHING)) return [];
  const credit: Line = { account: { kind: "provider", id: provider }, amounts: minus(NOTHING, amounts) };
  return accounts.flatMap((account) => [{ account, amounts }, credit]);
}

/** How firmly a record is known, in the words of the hold store. */
export function rankOf(record: AttemptRecord): Rank {
  return record.kind === "metered" ? RANK.metered : RANK.estimated;
}

/** The stored form of a chain. */
export function chainText(accounts: readonly AccountRef[]): string {
  return JSON.stringify(accounts.map(accountKey));
}
