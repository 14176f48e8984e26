// shapes: embedded distributed
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../harness/index.ts";
import { type System, shapes, startSystem } from "../harness/system.ts";
import { type AttemptBooks, budgetRow, readBooks } from "./support/books.ts";
import { chat } from "./support/chat.ts";
import { compareBills } from "./support/compare-bills.ts";

const REQUESTS = 1000;
const IN_FLIGHT = 40;
const HOLD_MS = 5000;
const RETRY_MS = 50;
const EMBEDDED_KILLS = 8;
/** Requests that must have been answered between two kills, so that each kill meets traffic. */
const ANSWERS_BETWEEN_KILLS = 40;
/** Bills its whole answer when the caller leaves, and always uses its whole bound: what a crash hides is then the hold itself. */
const MODEL = "sim/exact+bill-full";
const VICTIMS = ["provider-adapter", "router", "ledger", "validator", "identity", "quality-monitor", "ingress", "nats"];

for (const shape of shapes()) {
  test(`${REQUESTS} requests while everything is killed in turn: the bill is the ledger (${shape})`, async (t) => {
    const system = await startSystem({
      shape,
      pace: 1,
      tokensPerSecond: 200,
      settings: { "router.hold_ttl_ms": HOLD_MS },
    });
    try {
      t.diagnostic(await crashAndCompare(system));
    } finally {
      await system.stop();
    }
  });
}

async function crashAndCompare(system: System): Promise<string> {
  const traffic = { answered: 0, failed: 0, killing: true };
  const kills = killInTurn(system, () => traffic.answered).finally(() => {
    traffic.killing = false;
  });
  await Promise.all(Array.from({ length: IN_FLIGHT }, (_, index) => client(system, traffic, index)));
  const killed = await kills;
  assert.ok(traffic.answered >= REQUESTS);
  const failed = `${traffic.failed} tries failed on the way`;
  return settle(system, `${traffic.answered} requests answered; killed ${killed.join(", ")}; ${failed}`);
}

/** One of the clients: asks until enough is answered and nothing is killed any more, half of it streamed. */
async function client(
  system: System,
  traffic: { answered: number; failed: number; killing: boolean },
  index: number,
): Promise<void> {
  for (let turn = 0; traffic.killing || traffic.answered < REQUESTS; turn++) {
    const outcome = await chat({
      url: system.url,
      apiKey: system.apiKey,
      model: MODEL,
      maxTokens: 40,
      stream: (index + turn) % 2 === 0,
      text: `Request ${index} ${turn}`,
    });
    if (outcome.ok) {
      traffic.answered++;
      continue;
    }
    traffic.failed++;
    // A client's own pause before it repeats; nothing is timed by it.
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** Kills one after another, each after some more requests have been answered since the last one came back. */
async function killInTurn(system: System, answered: () => number): Promise<string[]> {
  const victims = system.shape === "distributed" ? VICTIMS : Array.from({ length: EMBEDDED_KILLS }, () => "up");
  for (const victim of victims) {
    const before = answered();
    await eventually(() => answered() >= before + ANSWERS_BETWEEN_KILLS, {
      timeoutMs: 60_000,
      message: `traffic before ${victim} is killed`,
    });
    const { [victim]: old } = system.pids();
    system.kill(victim);
    if (system.shape === "embedded") await system.restart();
    else
      await eventually(() => system.pids()[victim] !== old, { timeoutMs: 60_000, message: `${victim} started again` });
    await system.ready();
  }
  return victims;
}

async function settle(system: System, story: string): Promise<string> {
  const endedAt = Date.now();
  const org = await eventually(
    async () => {
      const row = await budgetRow(system, "org");
      assert.equal(row.open_holds, 0, "open holds");
      assert.equal(row.held, "0");
      return row;
    },
    { timeoutMs: 60_000, intervalMs: 200, message: "all holds ended" },
  );
  const settledMs = Date.now() - endedAt;
  const { books, comparison } = await eventually(() => compared(system), {
    timeoutMs: 60_000,
    intervalMs: 500,
    message: "the ledger being the bill",
  });
  const sum = [...books.values()].reduce((total, { netNanousd }) => total + netNanousd, 0n);
  assert.equal(org.spent, sum.toString(), "the enforced balance is the sum of postings");
  assert.equal(org.posted, org.spent, "the sum of entries is the enforced balance");
  assert.ok(
    settledMs <= HOLD_MS + 5000,
    `open holds were gone after ${settledMs} ms, hold deadline + 5 s is ${HOLD_MS + 5000}`,
  );
  return (
    `${story}; ${comparison.bills} attempts billed ${comparison.billedNanousd} nano-USD, ${comparison.postings} posted, ` +
    `lost ${comparison.lost.length}, wrong or double ${comparison.wrong.length}, not billed but charged ${comparison.unseen.length}, ` +
    `estimated first ${comparison.estimated}; no open hold after ${settledMs} ms`
  );
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
