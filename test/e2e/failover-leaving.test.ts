// shapes: embedded distributed
import assert from "node:assert/strict";
import { availableParallelism, loadavg } from "node:os";
import type { System } from "../harness/system.ts";
import { type Case, proveInEachShape } from "./support/cases.ts";
import { assertBilled, type Tried, triedAttempts } from "./support/failover/attempts.ts";
import { WIRES } from "./support/failover/faults.ts";
import { departuresOf, followerOf, leave } from "./support/failover/leave.ts";
import { pool } from "./support/pool.ts";

const CHUNKS = 60;
const WIDTH = 6;
/** Goals: half of the departures have to keep them, single ones, and all on a machine with too much to do, may miss them by this factor. */
const CLOSED_MS = 100;
const SETTLED_MS = 1_000;
const BUSY = 20;
/** Events of each wire before the first token. */
const EVENTS_BEFORE: Readonly<Record<string, number>> = { sim: 1, "sim-anthropic": 2, "sim-gemini": 0 };

const sweep: Case = [
  `a stream of ${CHUNKS} pieces, left after every one of them, on three wires`,
  async (system) => {
    const cuts = WIRES.flatMap(({ provider }) => Array.from({ length: CHUNKS + 1 }, (_, k) => ({ provider, k })));
    await pool(cuts.length, WIDTH, async (index) => {
      const { provider, k } = cuts[index] ?? assert.fail();
      const stall = k + (EVENTS_BEFORE[provider] ?? 0);
      await leave(system, { provider, model: `small+length=${CHUNKS}+stall=${stall}`, pieces: k });
    });
    const tried = await leftAttempts(system);
    assert.ok(tried.length >= cuts.length - WIRES.length);
    for (const { provider, k } of cuts) {
      const stall = k + (EVENTS_BEFORE[provider] ?? 0);
      const [attempt] = tried.filter(
        ({ provider: by, bill }) => by === provider && bill.model.endsWith(`+stall=${stall}`),
      );
      const name = `${provider} after ${k}`;
      // Who leaves when the provider is about to be asked may be gone before it is.
      if (k === 0 && attempt === undefined) continue;
      assert.equal(attempt?.bill.completion_tokens, k, name);
      assert.ok(attempt.outputTokens >= k && attempt.postedOutputTokens >= k, `${name}: less than what was delivered`);
      // The last piece may be the last event, and the provider done.
      if (k === CHUNKS) continue;
      assert.deepEqual(
        [attempt.bill.outcome, attempt.outcome, attempt.last],
        ["client_closed", "cancelled", true],
        name,
      );
    }
  },
];

const phases: Case = [
  "a client that leaves before the headers, while the start is held back, or before a plain answer",
  async (system) => {
    for (const { provider } of WIRES) {
      await leave(system, { provider, model: "small+slow=60000", pieces: 0 });
      await leave(system, { provider, model: "small+length=40+stall=20", level: "strict", pieces: 0 });
      await leave(system, { provider, model: "large+length=40+stall=20", stream: false, pieces: 0 });
    }
    const tried = (await leftAttempts(system)).filter(({ bill }) => !bill.model.includes(`length=${CHUNKS}`));
    assert.ok(tried.length > 0);
    for (const { outcome, bill } of tried)
      assert.equal(`${outcome} ${bill.outcome}`, "cancelled client_closed", bill.model);
  },
];

const end: Case = [
  "a client that leaves with the last piece pays what a client that stays pays",
  async (system) => {
    for (const { provider } of WIRES) await leave(system, { provider, model: "small+length=12", pieces: 12 });
    const tried = (await leftAttempts(system)).filter(({ bill }) => bill.model === "small+length=12");
    assert.deepEqual(
      tried.map(({ bill }) => [bill.outcome, bill.completion_tokens]),
      WIRES.map(() => ["completed", 12]),
    );
  },
];

const books: Case = [
  "whoever left, the provider was told at once, the hold ended and the ledger has the provider's bill",
  async (system) => {
    const tried = await leftAttempts(system);
    assertBilled(tried);
    const closed: number[] = [];
    const settled: number[] = [];
    for (const { provider, bill, holdEndedAt } of tried) {
      const leftAt = departuresOf(system).get(`${provider}/${bill.model}`) ?? Number.NaN;
      if (bill.outcome === "client_closed") closed.push(Date.parse(bill.at) - leftAt);
      settled.push(holdEndedAt - leftAt);
    }
    within(closed, CLOSED_MS, "until the provider sees the connection closed");
    within(settled, SETTLED_MS, "until the hold is settled");
    await (await followerOf(system)).stop();
  },
];

function within(times: readonly number[], limit: number, what: string): void {
  const sorted = times.toSorted((a, b) => a - b);
  const [median = Number.NaN, worst = Number.NaN] = [sorted[sorted.length >> 1], sorted.at(-1)];
  const strained = (loadavg()[0] ?? 0) > 2 * availableParallelism();
  assert.ok(median <= (strained ? BUSY * limit : limit), `${what}: half take over ${median} ms, the limit is ${limit}`);
  assert.ok(worst <= limit * BUSY, `${what}: one took ${worst} ms`);
}

/** Every attempt so far. */
async function leftAttempts(system: System): Promise<Tried[]> {
  return [...(await triedAttempts(system, departuresOf(system).size)).values()].flat();
}

proveInEachShape("a client that leaves", [sweep, phases, end, books], {
  providers: (base_url) => ({
    sim: { base_url, abandon: "abort" },
    "sim-anthropic": { abandon: "abort" },
    "sim-gemini": { abandon: "abort" },
  }),
  settings: { "router.validation_deadline_ms": 10_000 },
});
