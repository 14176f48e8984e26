// shapes: embedded distributed
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../harness/index.ts";
import { type System, shapes, startSystem } from "../harness/system.ts";
import { billIsLedger } from "./support/bill-is-ledger.ts";
import { Traffic } from "./support/traffic.ts";

const REQUESTS = 1000;
const IN_FLIGHT = 40;
const HOLD_MS = 5000;
const EMBEDDED_KILLS = 8;
/** Requests that must have been answered between two kills, so that each kill meets traffic. */
const ANSWERS_BETWEEN_KILLS = 40;
/** Bills its whole answer when the caller leaves, and always uses its whole bound: what a crash hides is then the hold itself. */
const MODEL = "sim/exact+bill-full";
const VICTIMS = [
  ...["provider-adapter", "router", "ledger", "validator", "identity", "quality-monitor", "ingress"],
  ...["nats", "redis", "postgres"],
];

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
  const traffic = new Traffic(system, { clients: IN_FLIGHT, model: MODEL, maxTokens: 40 });
  const killed = await killInTurn(system, traffic);
  await eventually(() => traffic.answered >= REQUESTS, { timeoutMs: 120_000, message: "all requests answered" });
  await traffic.stop();
  const { settledMs, story } = await billIsLedger(system);
  assert.ok(
    settledMs <= HOLD_MS + 5000,
    `open holds were gone after ${settledMs} ms, hold deadline + 5 s is ${HOLD_MS + 5000}`,
  );
  const { answered, failed } = traffic;
  return `${answered} requests answered; killed ${killed.join(", ")}; ${failed} tries failed on the way; ${story}`;
}

/** Kills one after another, each after some more requests have been answered since the last one came back. */
async function killInTurn(system: System, traffic: Traffic): Promise<string[]> {
  const victims = system.shape === "distributed" ? VICTIMS : Array.from({ length: EMBEDDED_KILLS }, () => "up");
  for (const victim of victims) {
    await traffic.flow(ANSWERS_BETWEEN_KILLS, `${victim} is killed`);
    const { [victim]: old } = system.pids();
    system.kill(victim);
    if (system.shape === "embedded") await system.restart();
    else
      await eventually(() => system.pids()[victim] !== old, { timeoutMs: 60_000, message: `${victim} started again` });
    await system.ready();
  }
  return victims;
}
