/**
 * `node test/bench/profile.ts`: CPU of the one-process gateway by step, in microseconds per answer.
 *   --seconds <n>     of the measured window (5)
 *   --functions <n>   also the functions with the most time of their own
 *   --keep <folder>   keeps the raw profiles there, for a profile viewer
 */
import { copyFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { eventually, temporaryDirectory } from "../harness/index.ts";
import type { Outcome } from "./load/job.ts";
import { Load } from "./load/load.ts";
import { headline, runFacts } from "./machine/facts.ts";
import { cpuOf } from "./machine/usage.ts";
import { bodyOf, type Scenario } from "./plan.ts";
import { type Aggregate, aggregate, type CpuProfile, type Share } from "./profile/aggregate.ts";
import { startGateway } from "./targets/gateway.ts";
import { startUpstream } from "./targets/stand-in.ts";
import type { Target } from "./targets/target.ts";

const { values: flags } = parseArgs({
  options: {
    seconds: { type: "string", default: "5" },
    functions: { type: "string", default: "0" },
    keep: { type: "string" },
  },
});

const SCENARIOS: readonly Scenario[] = [
  { name: "plain c=32", stream: false, clients: 32 },
  { name: "stream c=16", stream: true, clients: 16 },
];
const HOOK = new URL("./profile/hook.ts", import.meta.url).href;
const STEPS_MIN_US = 0.5;

const directory = temporaryDirectory("profile");
const file = join(directory, "profile.json");
const upstream = await startUpstream();
const gateway = await startGateway({
  shape: "embedded",
  upstream,
  nodeArguments: ["--import", HOOK],
  environment: { BENCH_PROFILE_DIRECTORY: directory },
});
const load = await Load.start();
process.stdout.write(`${headline(runFacts(new Date()))}\n`);
for (const scenario of SCENARIOS) await profileOne(scenario);
await load.stop();
await gateway.stop();
await upstream.stop();

async function profileOne(scenario: Scenario): Promise<void> {
  const durationMs = Number(flags.seconds) * 1_000;
  const pid = gateway.pids()["gateway"] ?? 0;
  await run(gateway, scenario, durationMs);
  const plainCpuUs = cpuOf({ gateway: pid })["gateway"] ?? 0;
  const plain = await run(gateway, scenario, durationMs);
  const unprofiledUs = ((cpuOf({ gateway: pid })["gateway"] ?? 0) - plainCpuUs) / plain.requests;
  process.kill(pid, "SIGUSR2");
  const outcome = await run(gateway, scenario, durationMs);
  process.kill(pid, "SIGUSR2");
  await eventually(() => existsSync(file), { message: "the profile" });
  const profile = JSON.parse(readFileSync(file, "utf8")) as CpuProfile;
  if (flags.keep !== undefined) copyFileSync(file, join(flags.keep, `${scenario.name.replace(" c=", "-")}.cpuprofile`));
  rmSync(file);
  print(scenario, { outcome, unprofiledUs, result: aggregate(profile) });
}

async function run(target: Target, scenario: Scenario, durationMs: number): Promise<Outcome> {
  const { url, apiKey, modelPrefix } = target;
  const { stream, clients } = scenario;
  const body = bodyOf(scenario, modelPrefix);
  const outcome = await load.run({ url, apiKey, body, stream, clients, durationMs });
  if (outcome.errors > 0) throw new Error(`${outcome.errors} errors, the first: ${outcome.firstError}`);
  return outcome;
}

interface Profiled {
  readonly outcome: Outcome;
  /** CPU per answer of the process without the profiler, all threads. */
  readonly unprofiledUs: number;
  readonly result: Aggregate;
}

function print(scenario: Scenario, { outcome, unprofiledUs, result }: Profiled): void {
  const total = result.steps.reduce((sum, { us }) => sum + us, 0);
  const head = `${scenario.name}: ${outcome.requests} answers, ${Math.round(total / outcome.requests)} us of the main thread each while profiled`;
  process.stdout.write(`\n${head}; ${Math.round(unprofiledUs)} us of CPU, all threads, unprofiled\n\n`);
  process.stdout.write("| step | us per answer | share |\n| --- | ---: | ---: |\n");
  for (const step of result.steps) {
    const each = step.us / outcome.requests;
    if (each >= STEPS_MIN_US)
      process.stdout.write(`| ${step.name} | ${each.toFixed(1)} | ${((100 * step.us) / total).toFixed(1)} % |\n`);
  }
  for (const { name, us } of most(result.functions))
    process.stdout.write(`${(us / outcome.requests).toFixed(1).padStart(8)}  ${name}\n`);
}

function most(functions: readonly Share[]): readonly Share[] {
  return functions.slice(0, Number(flags.functions));
}
