/**
 * `node test/bench/profile.ts`: CPU of the one-process gateway by step, in microseconds per answer.
 *   --seconds <n>     of the measured window (5)
 *   --functions <n>   also the functions with the most time of their own
 *   --document        puts the tables into docs/performance.md
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
import { putIntoDocument } from "./report/document.ts";
import { startGateway } from "./targets/gateway.ts";
import { startUpstream } from "./targets/stand-in.ts";
import type { Target } from "./targets/target.ts";

const { values: flags } = parseArgs({
  options: {
    seconds: { type: "string", default: "5" },
    functions: { type: "string", default: "0" },
    keep: { type: "string" },
    document: { type: "boolean", default: false },
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
const facts = runFacts(new Date());
const texts = [`${facts.date.slice(0, 10)}: ${headline(facts)}.\n`];
for (const scenario of SCENARIOS) texts.push(await profileOne(scenario));
process.stdout.write(texts.join("\n"));
if (flags.document) putIntoDocument("profile", texts.join("\n"));
await load.stop();
await gateway.stop();
await upstream.stop();

async function profileOne(scenario: Scenario): Promise<string> {
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
  return textOf(scenario, { outcome, unprofiledUs, result: aggregate(profile) });
}

async function run(target: Target, scenario: Scenario, durationMs: number): Promise<Outcome> {
  const { url, apiKey, modelPrefix, headers = {} } = target;
  const { stream, clients } = scenario;
  const body = bodyOf(scenario, modelPrefix);
  const outcome = await load.run({ url, apiKey, headers, body, stream, clients, durationMs });
  if (outcome.errors > 0) throw new Error(`${outcome.errors} errors, the first: ${outcome.firstError}`);
  return outcome;
}

interface Profiled {
  readonly outcome: Outcome;
  /** CPU per answer of the process without the profiler, all threads. */
  readonly unprofiledUs: number;
  readonly result: Aggregate;
}

function textOf(scenario: Scenario, { outcome, unprofiledUs, result }: Profiled): string {
  const total = result.steps.reduce((sum, { us }) => sum + us, 0);
  const each = (us: number) => (us / outcome.requests).toFixed(1);
  const steps = result.steps.filter(({ us }) => us / outcome.requests >= STEPS_MIN_US);
  const rows = steps.map(({ name, us }) => `| ${name} | ${each(us)} | ${((100 * us) / total).toFixed(1)} % |`);
  const functions = most(result.functions).map(({ name, us }) => `${each(us).padStart(8)}  ${name}`);
  return [
    `${scenario.name}: ${Math.round(unprofiledUs)} us of CPU per answer in all threads without the profiler; with it, ${each(total)} us of wall clock of the main thread, waiting for the processor included, by step:`,
    "",
    "| step | us per answer | share |",
    "| --- | ---: | ---: |",
    ...rows,
    ...functions,
    "",
  ].join("\n");
}

function most(functions: readonly Share[]): readonly Share[] {
  return functions.slice(0, Number(flags.functions));
}
