import type { Command } from "commander";
import { changesAnswer, declarationsAnswer } from "../admin/answers.ts";
import { AdminDoor } from "../admin/door.ts";
import { formatAmount } from "./amounts.ts";
import type { CommandEnvironment } from "./environment.ts";
import { UsageError } from "./failure.ts";
import { print, printable, printJson, printTable } from "./output.ts";

type Declared = ReturnType<typeof declarationsAnswer.parse>["declarations"][number];

/** Adds `config`: what the configuration declares, and putting it in force without a restart. */
export function register(program: Command, environment: CommandEnvironment): void {
  const config = program.command("config").description("budgets, rate limits and time zones of the configuration file");
  config
    .command("apply")
    .description("put the organisations, budgets and rate limits that the file declares in force now")
    .action(async () => await apply(environment));
  config
    .command("declared")
    .description("list what the configuration declares and is in force")
    .action(async () => {
      const answer = await AdminDoor.find(environment.dataDirectory()).get("/declarations", declarationsAnswer);
      if (environment.json()) return printJson(environment, answer);
      printTable(environment, {
        columns: ["WHAT", "ACCOUNT", "VALUE", "WHERE"].map((title) => ({ title })),
        rows: answer.declarations.map((row) => [wordFor(row), accountFor(row), valueFor(row, row.value), row.source]),
        none: "The configuration declares no budgets, rate limits or time zones.",
      });
    });
}

async function apply(environment: CommandEnvironment): Promise<void> {
  const door = AdminDoor.find(environment.dataDirectory());
  const answer = await door.put("/declarations", changesAnswer, await declaredByFile(environment));
  if (environment.json()) return printJson(environment, answer);
  for (const row of answer.changes) {
    if (row.change === "unchanged") continue;
    const what = `${wordFor(row)} of ${printable(accountFor(row))}`;
    const before = row.before === null ? "" : ` (before: ${valueFor(row, row.before)})`;
    print(environment, row.change === "set" ? `${what}: ${valueFor(row, row.value)}${before}` : `${what}: removed`);
  }
  const unchanged = answer.changes.filter(({ change }) => change === "unchanged").length;
  print(environment, `${answer.changes.length - unchanged} changed, ${unchanged} as before.`);
}

/** The whole file is judged as at a start, so that what is applied now would also start. Services are loaded only for this. */
async function declaredByFile(environment: CommandEnvironment): Promise<unknown> {
  const [{ loadSettings }, { TARGETS }] = await Promise.all([
    import("../process/settings.ts"),
    import("../targets.ts"),
  ]);
  const settings = loadSettings({ configFile: environment.configFile() });
  if (settings.file === undefined) {
    throw new UsageError("there is no sluice.yaml here: name the configuration file with --config.");
  }
  const identity = TARGETS.find(({ name }) => name === "identity");
  const section = identity === undefined ? {} : (settings.sectionFor(identity) as Record<string, unknown>);
  return { orgs: section["orgs"], budgets: section["budgets"], rate_limits: section["rate_limits"] };
}

function wordFor(row: Declared): string {
  if (row.kind !== "budget") return row.kind.replace("_", " ");
  return `${row.soft ? "soft " : ""}budget${row.window === "total" ? "" : ` per ${row.window}`}`;
}

function accountFor(row: Declared): string {
  return `${row.account_kind} ${row.name === "" ? row.account : row.name}`;
}

function valueFor(row: Declared, value: string): string {
  if (row.kind === "time_zone") return value;
  if (row.kind === "budget") {
    return `${formatAmount(row.unit, BigInt(value))} ${row.unit === "nanousd" ? "USD" : row.unit.replace("_", " ")}`;
  }
  const [rpm = "", tpm = ""] = value.split("/");
  return [rpm === "" ? "" : `${rpm} requests`, tpm === "" ? "" : `${tpm} tokens`].filter(Boolean).join(", ");
}
