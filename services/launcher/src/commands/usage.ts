import type { Command } from "commander";
import type { z } from "zod";
import { reportAnswer } from "../admin/answers.ts";
import { AdminDoor } from "../admin/door.ts";
import { formatUsd } from "./amounts.ts";
import type { CommandEnvironment } from "./environment.ts";
import { csvLine, Decimal } from "./export/csv-text.ts";
import { UsageError } from "./failure.ts";
import { print, printJson, printTable } from "./output.ts";
import { type PeriodFlags, parsePeriod } from "./period.ts";

type Report = z.output<typeof reportAnswer>;
type Row = Report["rows"][number];

interface UsageFlags extends PeriodFlags {
  readonly org?: string;
  readonly by?: string;
  readonly csv?: boolean;
}

const NANO_DIGITS = 9;
/** Dimensions whose values are generated ids that have names. */
const ACCOUNTS: ReadonlySet<string> = new Set(["org", "team", "user", "key"]);

/** Adds `usage`: what was charged, summed by whatever is asked for. */
export function register(program: Command, environment: CommandEnvironment): void {
  program
    .command("usage")
    .description("show what was charged and what it brought, summed as you like")
    .option(
      "--by <dimensions>",
      "comma-separated: org, team, user, key, session, provider, model, task, day, tag:<name> (default: provider,model)",
    )
    .option("--org <org>", "only this organisation")
    .option("--since <duration>", "only the last while, like 24h or 7d (default: everything)")
    .option("--from <moment>", "first moment, like 2026-11-01 or 2026-11-01T08:00:00Z")
    .option("--to <moment>", "first moment that is left out (default: now)")
    .option("--csv", "print CSV instead of a table")
    .action(async (flags: UsageFlags) => await usage(environment, flags));
}

async function usage(environment: CommandEnvironment, flags: UsageFlags): Promise<void> {
  if (flags.csv === true && environment.json()) throw new UsageError("give one form of output: --csv or --json.");
  const { fromMs, toMs } = parsePeriod(flags, Date.now());
  const query = { org: flags.org, from_ms: fromMs, to_ms: toMs, by: flags.by };
  const answer = await AdminDoor.find(environment.dataDirectory()).get("/report", reportAnswer, query);
  if (flags.csv === true) return printCsv(environment, answer);
  const total = answer.rows.reduce((sum, row) => sum + row.cost_nanousd, 0n);
  if (environment.json()) {
    const rows = answer.rows.map((row) => ({ ...row, cost_per_success_nanousd: costPerSuccess(row) ?? null }));
    return printJson(environment, { ...answer, rows, total_nanousd: total });
  }
  printTable(environment, {
    columns: [
      ...answer.by.map((name) => ({ title: name.toUpperCase() })),
      { title: "ATTEMPTS", numbers: true },
      { title: "INPUT", numbers: true },
      { title: "OUTPUT", numbers: true },
      { title: "ESTIMATED", numbers: true },
      { title: "REQUESTS", numbers: true },
      { title: "SUCCEEDED", numbers: true },
      { title: "USD", numbers: true },
      { title: "USD/SUCCESS", numbers: true },
    ],
    rows: answer.rows.map((row) => [
      ...row.group.map((value, index) => nameOf(ACCOUNTS.has(answer.by[index] ?? "") ? row.names[index] : "", value)),
      String(row.attempts),
      String(row.input_tokens),
      String(row.output_tokens),
      String(row.estimated),
      String(row.requests),
      String(row.succeeded),
      formatUsd(row.cost_nanousd),
      perSuccess(row),
    ]),
    none: "Nothing was charged.",
  });
  if (answer.rows.length > 0) print(environment, `Total: ${formatUsd(total)} USD.`);
}

/** Nano-USD per request that succeeded, rounded up; undefined if none did. */
function costPerSuccess({ cost_nanousd: cost, succeeded }: Row): bigint | undefined {
  if (succeeded === 0n) return undefined;
  return cost > 0n ? (cost + succeeded - 1n) / succeeded : cost / succeeded;
}

function perSuccess(row: Row): string {
  const cost = costPerSuccess(row);
  return cost === undefined ? "-" : formatUsd(cost);
}

function nameOf(name: string | undefined, value: string): string {
  if (value === "") return "-";
  return name === undefined || name === "" ? value : name;
}

function printCsv({ stdout }: CommandEnvironment, { by, rows }: Report): void {
  const sums = ["attempts", "requests", "succeeded", "input_tokens", "output_tokens", "estimated", "overruns"] as const;
  const named = by.map((name) => ACCOUNTS.has(name));
  const names = by.flatMap((name, index) => (named[index] === true ? [name, `${name}_name`] : [name]));
  const head = [...names, ...sums, "cost_usd", "cost_nanousd"];
  const lines = rows.map((row) =>
    csvLine([
      ...row.group.flatMap((value, index) => (named[index] === true ? [value, row.names[index] ?? ""] : [value])),
      ...sums.map((name) => row[name]),
      new Decimal(row.cost_nanousd, NANO_DIGITS),
      row.cost_nanousd,
    ]),
  );
  stdout.write([csvLine(head), ...lines].join(""));
}
