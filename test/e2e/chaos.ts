/**
 * Minutes of traffic while services, NATS and Redis are killed with -9 every few seconds and PostgreSQL twice, then the question whether the
 * ledger is the bill. Usage: node test/e2e/chaos.ts [--minutes 10] [--seed 1] [--shape distributed|embedded]. Prints one JSON line.
 */
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { eventually } from "../harness/index.ts";
import { type Shape, type System, startSystem } from "../harness/system.ts";
import { billIsLedger } from "./support/bill-is-ledger.ts";
import { Traffic } from "./support/traffic.ts";

const CLIENTS = 30;
const HOLD_MS = 5_000;
/** Between two kills, in milliseconds. */
const EVERY_MS = [2_000, 6_000] as const;
const VICTIMS = [
  ...["provider-adapter", "ledger", "validator", "identity", "quality-monitor"],
  ...["ingress-router-1", "ingress-router-2", "nats", "redis"],
];
const POSTGRES_KILLS = 2;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    shape: { type: "string", default: "distributed" },
  },
});
const shape: Shape = values.shape === "embedded" ? "embedded" : "distributed";
const totalMs = Number(values.minutes) * 60_000;
const random = randomFrom(Number(values.seed));

const settings = { "router.hold_ttl_ms": HOLD_MS };
const system = await startSystem({ shape, routers: 2, pace: 1, tokensPerSecond: 200, settings });
try {
  const traffic = new Traffic(system, { clients: CLIENTS, model: "sim/exact+bill-full", maxTokens: 40 });
  const killed = await killAtRandom(system, Date.now() + totalMs);
  await system.ready();
  await traffic.stop();
  const { story, settledMs, spent } = await billIsLedger(system, 180_000);
  const { answered, failed } = traffic;
  const failures = Object.fromEntries(traffic.failures);
  const figures = { shape, minutes: Number(values.minutes), answered, failed, failures, killed, settledMs };
  process.stdout.write(`${JSON.stringify({ ...figures, spent_nanousd: spent.toString(), story })}\n`);
} catch (error) {
  process.stderr.write(`${system.log().slice(-20_000)}\n`);
  throw error;
} finally {
  await system.stop();
}

/** Kills until the time is over; PostgreSQL after a third and after two thirds of it. Returns how often each was killed. */
async function killAtRandom(target: System, until: number): Promise<Record<string, number>> {
  const killed: Record<string, number> = {};
  const startedAt = Date.now();
  const [least, most] = EVERY_MS;
  for (let postgres = 0; Date.now() < until; ) {
    await pause(least + random() * (most - least));
    const share = (Date.now() - startedAt) / (until - startedAt);
    const due = postgres < POSTGRES_KILLS && share >= (postgres + 1) / (POSTGRES_KILLS + 1);
    if (due) postgres++;
    const victim = target.shape === "embedded" ? "up" : due ? "postgres" : pick();
    const { [victim]: old } = target.pids();
    // One that is still down from the last time is not killed again.
    if (old === undefined || !alive(old)) continue;
    target.kill(victim);
    killed[victim] = (killed[victim] ?? 0) + 1;
    if (target.shape === "embedded") await target.restart();
    else if (due) await eventually(() => target.pids()[victim] !== old, { timeoutMs: 60_000, message: victim });
  }
  return killed;
}

function pick(): string {
  return VICTIMS[Math.floor(random() * VICTIMS.length)] ?? "ledger";
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // No such process.
    return false;
  }
}

/** Mulberry32, a small generator that repeats itself by its seed. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
