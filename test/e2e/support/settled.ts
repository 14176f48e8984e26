import assert from "node:assert/strict";
import type { Bill } from "@sluice/simulator";
import { eventually } from "../../harness/index.ts";
import type { System } from "../../harness/system.ts";
import { budgetRow } from "./books.ts";
import { type Fact, groupBy, readFacts } from "./facts.ts";

interface Metered {
  readonly attemptId: string;
  readonly usage?: { readonly inputTokens?: string; readonly outputTokens?: string };
  readonly usageSource?: string;
  readonly ending: string;
}

/** What the streams say about one attempt that the simulator has billed. */
export interface SettledAttempt {
  readonly attemptId: string;
  readonly requestId: string;
  readonly bill: Bill;
  readonly metered: Metered;
  /** Decimal text of US dollars without trailing zeros, as the door prints costs. */
  readonly postedUsd: string;
  readonly outcome: string;
  readonly types: readonly string[];
}

/**
 * Waits until no hold is open, then checks that the simulator's bills and the streams tell of the same attempts, that each was started,
 * metered, posted and reported exactly once, and that every metered figure a provider gave is the billed one.
 */
export async function settledAttempts(system: System): Promise<Map<string, SettledAttempt>> {
  const byRequest = new Map<string, SettledAttempt>();
  for (const attempt of await allSettledAttempts(system)) {
    assert.ok(!byRequest.has(attempt.requestId), "one attempt a request");
    byRequest.set(attempt.requestId, attempt);
  }
  return byRequest;
}

/** The same for systems whose requests may take several attempts; in the order of the bills. */
export async function allSettledAttempts(system: System): Promise<readonly SettledAttempt[]> {
  await eventually(async () => assert.equal((await budgetRow(system, "org")).open_holds, 0), { intervalMs: 200 });
  // Reports of attempts are published off the answer's path: the last ones may still be under way.
  return await eventually(async () => check(system.simulator.bills(), await readFacts(system)), { intervalMs: 300 });
}

function check(bills: readonly Bill[], facts: readonly Fact[]): readonly SettledAttempt[] {
  const byAttempt = groupBy(facts, "attemptId");
  const byHold = groupBy(facts, "holdId");
  const decisions = groupBy(
    facts.filter(({ type }) => type === "decision.made"),
    "requestId",
  );
  const settled: SettledAttempt[] = [];
  for (const bill of bills) {
    const id = bill.client_request_id ?? "";
    const own = [...(byAttempt.get(id) ?? []), ...(byHold.get(id) ?? []).filter(isHoldFact)];
    const attempt = describe(bill, own);
    assert.equal(decisions.get(attempt.requestId)?.length, 1, `one decision for ${attempt.requestId}`);
    settled.push(attempt);
  }
  const posted = facts.filter(({ type }) => type === "ledger.posted");
  assert.equal(posted.length, bills.length, "as many postings as bills");
  return settled;
}

function describe(bill: Bill, facts: readonly Fact[]): SettledAttempt {
  const attemptId = bill.client_request_id ?? "";
  const only = (type: string): Fact["payload"] => {
    const found = facts.filter((fact) => fact.type === type);
    assert.equal(found.length, 1, `one ${type} of ${attemptId} (${bill.model}): ${JSON.stringify(found)}`);
    return found[0]?.payload ?? {};
  };
  for (const type of ["hold.placed", "attempt.started", "hold.ended"]) only(type);
  const metered = only("attempt.metered") as unknown as Metered;
  const finished = only("attempt.finished");
  const posted = only("ledger.posted");
  if (metered.usageSource !== "USAGE_SOURCE_COUNTED" && metered.usage !== undefined) {
    assert.equal(Number(metered.usage.inputTokens ?? 0), bill.prompt_tokens, bill.model);
    assert.equal(Number(metered.usage.outputTokens ?? 0), bill.completion_tokens, bill.model);
  }
  return {
    attemptId,
    requestId: String(finished["requestId"]),
    bill,
    metered,
    postedUsd: usd(BigInt(String(posted["amountNanousd"] ?? "0"))),
    outcome: String(finished["outcome"]),
    types: facts.map(({ type }) => type),
  };
}

function isHoldFact({ type }: Fact): boolean {
  return type === "hold.placed" || type === "hold.ended";
}

function usd(nanousd: bigint): string {
  const text = nanousd.toString().padStart(10, "0");
  return `${text.slice(0, -9)}.${text.slice(-9)}`.replace(/\.?0+$/, "");
}
