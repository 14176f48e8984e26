import assert from "node:assert/strict";
import type { Bill } from "@sluice/simulator";
import type { AttemptBooks } from "./books.ts";

/** How the provider's bills and the ledger compare, attempt by attempt. */
export interface Comparison {
  readonly bills: number;
  readonly postings: number;
  /** Attempts the provider billed and the ledger does not know. */
  readonly lost: readonly string[];
  /** Attempts with more than one effect, or whose net effect is not the bill. */
  readonly wrong: readonly string[];
  /** Attempts charged though the provider billed nothing. */
  readonly unseen: readonly string[];
  /** Attempts that were charged by estimate before the provider's own figures were known. */
  readonly estimated: number;
  /** What the provider would bill in all, in nano-USD. */
  readonly billedNanousd: bigint;
}

/** Compares what the simulator would bill (1,000 nano-USD a token) with the ledger's net effect per attempt. */
export function compareBills(bills: readonly Bill[], books: ReadonlyMap<string, AttemptBooks>): Comparison {
  const billed = new Map<string, bigint>();
  for (const bill of bills) {
    const id = bill.client_request_id ?? "";
    assert.ok(id !== "", "every request that reached the provider names its attempt");
    assert.ok(!billed.has(id), `attempt ${id} reached the provider twice`);
    billed.set(id, BigInt(bill.prompt_tokens + bill.completion_tokens) * 1000n);
  }
  const lost: string[] = [];
  const wrong: string[] = [];
  let estimated = 0;
  for (const [id, cost] of billed) {
    const posted = books.get(id);
    if (posted === undefined) {
      if (cost > 0n) lost.push(id);
      continue;
    }
    if (posted.netNanousd !== cost) wrong.push(`${id}: billed ${cost}, posted ${posted.netNanousd} (${posted.kinds})`);
  }
  for (const { kinds } of books.values()) if (kinds.includes("estimated")) estimated++;
  const unseen = [...books.values()].filter(({ attemptId, netNanousd }) => !billed.has(attemptId) && netNanousd !== 0n);
  return {
    bills: billed.size,
    postings: books.size,
    lost,
    wrong,
    unseen: unseen.map(({ attemptId, netNanousd, kinds }) => `${attemptId}: posted ${netNanousd} (${kinds})`),
    estimated,
    billedNanousd: [...billed.values()].reduce((sum, cost) => sum + cost, 0n),
  };
}
