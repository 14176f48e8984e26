/**
 * `npm run bench`: direct, a bare proxy, Portkey's gateway and ours in both shapes before one simulator, in interleaved rounds.
 *   --quick            shorter windows, fewer rounds
 *   --only <targets>   of direct, bare, portkey, embedded, distributed, separated by commas
 *   --against <folder> the one-process gateway of another checkout too: for a change, before and after
 *   --scenario <text>  only scenarios whose name has this text
 *   --name <word>      part of the result file's name
 *   --document         puts the tables into docs/performance.md
 *   parts              the unit benches instead
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Load } from "./load/load.ts";
import { headline, type RunFacts, runFacts } from "./machine/facts.ts";
import { memoryOf } from "./machine/usage.ts";
import { planOf } from "./plan.ts";
import { putIntoDocument } from "./report/document.ts";
import { type Row, summarize } from "./report/summary.ts";
import { tablesOf } from "./report/tables.ts";
import { type Bench, measure } from "./rounds.ts";
import { startTargets } from "./targets/start-targets.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "direct,bare,portkey,embedded,distributed" },
    against: { type: "string" },
    scenario: { type: "string", default: "" },
    name: { type: "string", default: "bench" },
    document: { type: "boolean", default: false },
  },
});

if (positionals.includes("parts")) await import("./rpc.ts");
else await main();

async function main(): Promise<void> {
  const facts = runFacts(new Date());
  const { targets, upstream, stop } = await startTargets({ names: flags.only.split(","), against: flags.against });
  const load = await Load.start();
  const bench: Bench = {
    plan: planOf(flags),
    targets,
    upstream,
    load,
    progress: (text) => process.stderr.write(`${text}\n`),
  };
  const idleMb = idleMemory(bench);
  const measurements = await measure(bench);
  await load.stop();
  await stop();
  const rows = summarize(measurements);
  const text = `${facts.date.slice(0, 10)}: ${headline(facts)}.\n\n${tablesOf(rows, idleMb)}\n`;
  process.stdout.write(text);
  writeResults({ facts, plan: bench.plan, idleMb, rows, measurements });
  const failed = measurements.filter(({ outcome }) => outcome.errors > 0);
  for (const { target, scenario, outcome } of failed)
    process.stderr.write(`${target}, ${scenario}: ${outcome.errors} errors, the first: ${outcome.firstError}\n`);
  if (failed.length > 0) process.exitCode = 1;
  else if (flags.document) putIntoDocument("bench", text);
}

function idleMemory(bench: Bench): Record<string, number> {
  const entries = bench.targets.flatMap((target) =>
    Object.entries(memoryOf(target.pids())).map(([name, value]): [string, number] => [
      `${target.name}: ${name}`,
      value,
    ]),
  );
  return Object.fromEntries(entries);
}

interface Results {
  readonly facts: RunFacts;
  readonly plan: Bench["plan"];
  readonly idleMb: Readonly<Record<string, number>>;
  readonly rows: readonly Row[];
  readonly measurements: unknown;
}

function writeResults(results: Results): void {
  const folder = new URL("./results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  const file = new URL(`${results.facts.date.slice(0, 10)}-${flags.name}.json`, folder);
  writeFileSync(file, `${JSON.stringify(results, rounded, 1)}\n`);
}

/** Three decimals are more than these numbers mean. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Math.round(value * 1_000) / 1_000 : value;
}
