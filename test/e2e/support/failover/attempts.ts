import assert from "node:assert/strict";
import type { Bill } from "@sluice/simulator";
import { eventually } from "../../../harness/index.ts";
import type { System } from "../../../harness/system.ts";
import { type Fact, groupBy, readFacts } from "../facts.ts";

/** One attempt, as the streams and the simulator's bills tell of it. */
export interface Tried {
  readonly attemptId: string;
  readonly requestId: string;
  readonly provider: string;
  readonly ordinal: number;
  readonly outcome: string;
  /** Error code, with the checks that judged the answer bad. */
  readonly seenAs: string;
  readonly last: boolean;
  readonly usageSource: string;
  /** Tokens of the prompt in every class, and of the answer, as metered. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Tokens of the answer as the ledger posted them. */
  readonly postedOutputTokens: number;
  readonly ending: string;
  readonly postedNanousd: bigint;
  readonly billedNanousd: bigint;
  readonly bill: Bill;
  readonly holdEndedAt: number;
}

/** Nano-USD a token of prompt and of answer, by base model; services/ledger/prices/sim.yaml. */
const PRICES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  small: [100n, 400n],
  large: [2000n, 8000n],
  reasoner: [1000n, 4000n],
};

/** What the simulator's bill comes to, in nano-USD. */
export function costOf(bill: Bill): bigint {
  const [input, output] = PRICES[bill.model.split("+")[0] ?? ""] ?? [0n, 0n];
  return BigInt(bill.prompt_tokens) * input + BigInt(bill.completion_tokens) * output;
}

/**
 * Waits until so many attempts have ended, each started, metered, posted and reported exactly once, its hold ended, and gives those that reached the
 * simulator by request. A client that leaves at the right moment leaves an attempt that was announced and never sent.
 */
export async function triedAttempts(system: System, count: number): Promise<Map<string, Tried[]>> {
  const look = async () => {
    const [facts, bills] = [await readFacts(system), system.simulator.bills()];
    const unsent = facts.filter(({ type, payload }) => type === "attempt.metered" && payload["ending"] === "not_sent");
    assert.equal(bills.length + unsent.length, count, "every attempt that was sent is billed");
    const started = facts.filter(({ type }) => type === "attempt.started");
    assert.equal(started.length, count, "none but these started");
    return collect(bills, facts);
  };
  return await eventually(look, { intervalMs: 500, timeoutMs: 60_000, message: "every attempt being settled" });
}

function collect(bills: readonly Bill[], facts: readonly Fact[]): Map<string, Tried[]> {
  const byAttempt = groupBy(facts, "attemptId");
  const byHold = groupBy(facts, "holdId");
  const byRequest = new Map<string, Tried[]>();
  for (const bill of bills) {
    const id = bill.client_request_id ?? "";
    const holds = (byHold.get(id) ?? []).filter(({ type }) => type.startsWith("hold."));
    const tried = triedOf(bill, [...(byAttempt.get(id) ?? []), ...holds]);
    byRequest.set(tried.requestId, [...(byRequest.get(tried.requestId) ?? []), tried]);
  }
  for (const tries of byRequest.values()) tries.sort((a, b) => a.ordinal - b.ordinal);
  return byRequest;
}

function triedOf(bill: Bill, facts: readonly Fact[]): Tried {
  const attemptId = bill.client_request_id ?? "";
  const only = (type: string): Fact["payload"] => {
    const found = facts.filter((fact) => fact.type === type);
    assert.equal(found.length, 1, `one ${type} of ${attemptId} (${bill.model}), not ${found.length}`);
    return found[0]?.payload ?? {};
  };
  only("attempt.started");
  only("hold.placed");
  const [finished, metered, posted] = [only("attempt.finished"), only("attempt.metered"), only("ledger.posted")];
  return {
    attemptId,
    requestId: String(finished["requestId"]),
    provider: String(finished["provider"]),
    ordinal: Number(finished["ordinal"]),
    outcome: String(finished["outcome"]),
    seenAs: seenAs(finished["error"] as ErrorFact | undefined),
    last: finished["last"] === true,
    usageSource: String(metered["usageSource"]),
    inputTokens: sumOf(metered["usage"], ["inputTokens", "cachedInputTokens"]),
    outputTokens: sumOf(metered["usage"], ["outputTokens"]),
    postedOutputTokens: sumOf(posted, ["outputTokens"]),
    ending: String(metered["ending"]),
    postedNanousd: BigInt(String(posted["amountNanousd"] ?? "0")),
    billedNanousd: costOf(bill),
    bill,
    holdEndedAt: Number(only("hold.ended")["endedAtMs"]),
  };
}

function sumOf(counts: unknown, names: readonly string[]): number {
  const all = (counts ?? {}) as Readonly<Record<string, unknown>>;
  return names.reduce((sum, name) => sum + Number(all[name] ?? 0), 0);
}

interface ErrorFact {
  readonly code: string;
  readonly facts?: { readonly checks?: string };
}

function seenAs(error: ErrorFact | undefined): string {
  if (error === undefined) return "";
  const checks = error.facts?.checks;
  return checks === undefined ? error.code : `${error.code} (${checks.replaceAll(",", ", ")})`;
}

/**
 * Every attempt is booked with what the simulator bills for it. Where the simulator did not say so in time, what was counted stands: that may
 * happen on a busy machine, but not often.
 */
export function assertBilled(attempts: readonly Tried[]): void {
  const counted = attempts.filter(({ usageSource }) => usageSource === "USAGE_SOURCE_COUNTED");
  const wrong = attempts
    .filter((tried) => !counted.includes(tried) && tried.postedNanousd !== tried.billedNanousd)
    .map(({ bill, attemptId, postedNanousd, billedNanousd }) => ({ bill, attemptId, postedNanousd, billedNanousd }));
  assert.deepEqual(wrong, []);
  assert.ok(counted.length * 10 <= attempts.length, `${counted.length} of ${attempts.length} attempts were counted`);
}
