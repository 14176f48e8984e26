import assert from "node:assert/strict";
import { eventually } from "../../harness/index.ts";
import type { System } from "../../harness/system.ts";
import { type AttemptBooks, budgetRow, readBooks } from "./books.ts";
import { compareBills } from "./compare-bills.ts";

/** What was found when the ledger had come to rest. */
export interface Settled {
  /** Milliseconds until no hold was open any more. */
  readonly settledMs: number;
  /** Spent by the organisation in nano-USD. */
  readonly spent: bigint;
  /** The figures as a sentence. */
  readonly story: string;
}

/**
 * Waits until no hold is open and the ledger is the simulator's bill, attempt by attempt: every billed attempt has exactly one net effect, and
 * the enforced balance is the sum of postings and the sum of entries.
 */
export async function billIsLedger(system: System, timeoutMs = 60_000): Promise<Settled> {
  const endedAt = Date.now();
  await eventually(
    async () => {
      const row = await budgetRow(system, "org");
      assert.deepEqual([row.open_holds, row.held], [0, "0"], "open holds");
    },
    { timeoutMs, intervalMs: 200, message: "all holds ended" },
  );
  const settledMs = Date.now() - endedAt;
  const { books, comparison } = await eventually(() => compared(system), {
    timeoutMs,
    intervalMs: 500,
    message: "the ledger being the bill",
  });
  const sum = [...books.values()].reduce((total, { netNanousd }) => total + netNanousd, 0n);
  const org = await eventually(async () => {
    const row = await budgetRow(system, "org");
    assert.equal(row.spent, sum.toString(), "the enforced balance is the sum of postings");
    assert.equal(row.posted, row.spent, "the sum of entries is the enforced balance");
    return row;
  });
  const story =
    `${comparison.bills} attempts billed ${comparison.billedNanousd} nano-USD, ${comparison.postings} posted, ` +
    `lost ${comparison.lost.length}, wrong or double ${comparison.wrong.length}, not billed but charged ${comparison.unseen.length}, ` +
    `estimated first ${comparison.estimated}; no open hold after ${settledMs} ms`;
  return { settledMs, spent: BigInt(org.spent), story };
}

async function compared(
  system: System,
): Promise<{ books: Map<string, AttemptBooks>; comparison: ReturnType<typeof compareBills> }> {
  const books = await readBooks(system);
  const comparison = compareBills(system.simulator.bills(), books);
  assert.deepEqual(comparison.lost, [], "no billed attempt is missing");
  assert.deepEqual(comparison.wrong, [], "every billed attempt is posted once, by its bill");
  for (const attempt of comparison.unseen)
    assert.match(attempt, /\(estimated\)/, "only estimates may be above the bill");
  return { books, comparison };
}
