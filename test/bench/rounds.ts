import { setTimeout as delay } from "node:timers/promises";
import type { Outcome } from "./load/job.ts";
import type { Load } from "./load/load.ts";
import { cpuOf, memoryOf } from "./machine/usage.ts";
import { bodyOf, type Plan, type Scenario } from "./plan.ts";
import type { Upstream } from "./targets/stand-in.ts";
import type { Target } from "./targets/target.ts";

/** One target under one scenario in one round. */
export interface Measurement {
  readonly target: string;
  readonly scenario: string;
  readonly round: number;
  readonly outcome: Outcome;
  /** CPU microseconds by process, work that was left for after the answer included. */
  readonly cpuUs: Readonly<Record<string, number>>;
  /** Resident MB by process at the end of the window. */
  readonly memoryMb: Readonly<Record<string, number>>;
}

export interface Bench {
  readonly plan: Plan;
  readonly targets: readonly Target[];
  readonly upstream: Upstream;
  readonly load: Load;
  /** Told about each window. */
  progress(text: string): void;
}

const SETTLE_STEP_MS = 100;
const SETTLE_MS_MAX = 3_000;
/** Less CPU than this share of a settling step counts as being done. */
const IDLE_SHARE = 0.25;

/** Runs all rounds: in each, every scenario over every target, the order of the targets rotating. Warm-ups are not in the result. */
export async function measure(bench: Bench): Promise<Measurement[]> {
  const { plan, targets } = bench;
  for (const target of targets) await warmUp(bench, target);
  const results: Measurement[] = [];
  for (let round = 1; round <= plan.rounds; round++) {
    for (const scenario of plan.scenarios) {
      for (let i = 0; i < targets.length; i++) {
        const target = targets[(i + round) % targets.length];
        if (target !== undefined)
          results.push(await measureOne(bench, { target, scenario, round, durationMs: plan.windowMs }));
      }
    }
  }
  return results;
}

/** A program runs on interpreted code until it has answered thousands of times; that start is not what is measured. */
async function warmUp(bench: Bench, target: Target): Promise<void> {
  const { windowMs, warmUpAnswers, warmUpMsMax, scenarios } = bench.plan;
  for (const stream of [false, true]) {
    const scenario = scenarios.findLast((one) => one.stream === stream);
    if (scenario === undefined) continue;
    let answers = 0;
    for (let ms = 0; ms < warmUpMsMax && answers < warmUpAnswers; ms += windowMs) {
      const { outcome } = await measureOne(bench, { target, scenario, round: 0, durationMs: windowMs });
      answers += outcome.requests;
    }
  }
}

interface Window {
  readonly target: Target;
  readonly scenario: Scenario;
  readonly round: number;
  readonly durationMs: number;
}

async function measureOne(bench: Bench, window: Window): Promise<Measurement> {
  const { target, scenario, round } = window;
  const pids = { ...target.pids(), simulator: bench.upstream.pid, generator: bench.load.pid };
  const before = cpuOf(pids);
  const outcome = await bench.load.run({
    url: target.url,
    apiKey: target.apiKey,
    headers: target.headers ?? {},
    body: bodyOf(scenario, target.modelPrefix),
    stream: scenario.stream,
    clients: scenario.clients,
    durationMs: window.durationMs,
  });
  const memoryMb = memoryOf(pids);
  const after = await settle(pids);
  bench.progress(
    `${round === 0 ? "warm-up" : `round ${round}`}: ${scenario.name}, ${target.name}: ${outcome.requests} answers, ${outcome.errors} errors`,
  );
  const cpuUs = Object.fromEntries(Object.keys(pids).map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)]));
  return { target: target.name, scenario: scenario.name, round, outcome, cpuUs, memoryMb };
}

/** Waits until the processes are quiet, so that work done after the answers is counted where it belongs and disturbs nobody. */
async function settle(pids: Readonly<Record<string, number>>): Promise<Record<string, number>> {
  let last = cpuOf(pids);
  for (let waited = 0; waited < SETTLE_MS_MAX; waited += SETTLE_STEP_MS) {
    await delay(SETTLE_STEP_MS);
    const now = cpuOf(pids);
    const used = Object.keys(pids).reduce((sum, name) => sum + (now[name] ?? 0) - (last[name] ?? 0), 0);
    last = now;
    if (used < IDLE_SHARE * SETTLE_STEP_MS * 1_000) break;
  }
  return last;
}
