import type { Command } from "commander";
import type { z } from "zod";
import { type budget, budgetAnswer, budgetsAnswer } from "../admin/answers.ts";
import { AdminDoor } from "../admin/door.ts";
import { formatAmount, formatUsd, parseTokens, parseUsd } from "./amounts.ts";
import type { CommandEnvironment } from "./environment.ts";
import { UsageError } from "./failure.ts";
import { print, printable, printJson, printTable } from "./output.ts";

type Budget = z.output<typeof budget>;

interface LimitFlags {
  readonly org?: string;
  readonly usd?: string;
  readonly tokens?: string;
  readonly inputTokens?: string;
  readonly outputTokens?: string;
}

const KINDS = ["org", "team", "user", "key", "session", "model", "label"];
const UNITS: Readonly<Record<string, string>> = {
  usd: "nanousd",
  tokens: "tokens",
  input_tokens: "input_tokens",
  output_tokens: "output_tokens",
};

/** Adds `budgets`: read, set and remove limits. */
export function register(program: Command, environment: CommandEnvironment): void {
  const budgets = program
    .command("budgets")
    .description("show what every account may spend, has spent and holds")
    .option("--org <org>", "only this organisation")
    .action(async (flags: { org?: string }) => await list(environment, flags.org));
  budgets
    .command("set")
    .description("set the limit of an account")
    .argument("<kind>", `one of ${KINDS.join(", ")}`)
    .argument("<account>", "name or id; a model as provider/model")
    .option("--usd <amount>", "limit in US dollars")
    .option("--tokens <n>", "limit in tokens, input and output together")
    .option("--input-tokens <n>", "limit in input tokens")
    .option("--output-tokens <n>", "limit in output tokens")
    .option("--org <org>", "organisation of the account (default: the only one)")
    .action(async (kind: string, account: string, flags: LimitFlags, command: Command) => {
      const { org } = command.optsWithGlobals<LimitFlags>();
      await set(environment, { kind: checkKind(kind), account, org }, flags);
    });
  budgets
    .command("remove")
    .description("remove the limit of an account; what it spent stays")
    .argument("<kind>", `one of ${KINDS.join(", ")}`)
    .argument("<account>", "name or id; a model as provider/model")
    .option("--unit <unit>", `one of ${Object.keys(UNITS).join(", ")}`, "usd")
    .option("--org <org>", "organisation of the account (default: the only one)")
    .action(async (kind: string, account: string, flags: { unit: string }, command: Command) => {
      const { org } = command.optsWithGlobals<{ org?: string }>();
      await remove(environment, { kind: checkKind(kind), account, unit: flags.unit, org });
    });
}

async function list(environment: CommandEnvironment, org: string | undefined): Promise<void> {
  const { budgets } = await AdminDoor.find(environment.dataDirectory()).get("/budgets", budgetsAnswer, { org });
  const totals = totalsOf(budgets);
  if (environment.json()) return printJson(environment, { budgets, totals });
  printTable(environment, {
    columns: [
      { title: "ACCOUNT" },
      { title: "UNIT" },
      { title: "LIMIT", numbers: true },
      { title: "SPENT", numbers: true },
      { title: "HELD", numbers: true },
      { title: "HOLDS", numbers: true },
    ],
    rows: budgets.map((row) => [
      `${row.account_kind} ${row.name === "" ? row.account : row.name}`,
      unitName(row.unit),
      row.limit === null ? "-" : formatAmount(row.unit, row.limit),
      formatAmount(row.unit, row.spent),
      formatAmount(row.unit, row.held),
      String(row.open_holds),
    ]),
    none: "No account has a limit or has spent anything yet.",
  });
  for (const total of totals) {
    const sums = `spent ${formatUsd(total.spent_nanousd)} USD, held ${formatUsd(total.held_nanousd)} USD`;
    print(environment, `Total of ${printable(total.tenant)}: ${sums}.`);
  }
}

/** An organisation's account stands on the chain of each of its calls, so it is the total by itself. */
function totalsOf(budgets: readonly Budget[]) {
  return budgets
    .filter((row) => row.account_kind === "org" && row.unit === "nanousd")
    .map((row) => ({
      tenant_id: row.tenant_id,
      tenant: row.name === "" ? row.tenant_id : row.name,
      spent_nanousd: row.spent,
      held_nanousd: row.held,
    }));
}

async function set(
  environment: CommandEnvironment,
  { kind, account, org }: { kind: string; account: string; org: string | undefined },
  flags: LimitFlags,
): Promise<void> {
  const { unit, limit } = limitOf(flags);
  const body = { account_kind: kind, account, org, unit, limit: limit.toString() };
  const answer = await AdminDoor.find(environment.dataDirectory()).put("/budgets", budgetAnswer, body);
  if (environment.json()) return printJson(environment, answer);
  const spent = answer.budget === null ? "" : `; ${formatAmount(unit, answer.budget.spent)} spent so far`;
  print(environment, `${kind} ${printable(account)}: at most ${formatAmount(unit, limit)} ${unitName(unit)}${spent}.`);
}

async function remove(
  environment: CommandEnvironment,
  wanted: { kind: string; account: string; unit: string; org: string | undefined },
): Promise<void> {
  const unit = UNITS[wanted.unit];
  if (unit === undefined) {
    throw new UsageError(`"${wanted.unit}" is no unit: choose one of ${Object.keys(UNITS).join(", ")}.`);
  }
  const query = { account_kind: wanted.kind, account: wanted.account, unit, org: wanted.org };
  const answer = await AdminDoor.find(environment.dataDirectory()).delete("/budgets", budgetAnswer, query);
  if (environment.json()) return printJson(environment, answer);
  print(environment, `${wanted.kind} ${printable(wanted.account)}: no limit in ${unitName(unit)} any more.`);
}

function limitOf(flags: LimitFlags): { unit: string; limit: bigint } {
  const given = [
    ...(flags.usd === undefined ? [] : [{ unit: "nanousd", limit: parseUsd(flags.usd) }]),
    ...(flags.tokens === undefined ? [] : [{ unit: "tokens", limit: parseTokens(flags.tokens) }]),
    ...(flags.inputTokens === undefined ? [] : [{ unit: "input_tokens", limit: parseTokens(flags.inputTokens) }]),
    ...(flags.outputTokens === undefined ? [] : [{ unit: "output_tokens", limit: parseTokens(flags.outputTokens) }]),
  ];
  const [only] = given;
  if (only !== undefined && given.length === 1) return only;
  throw new UsageError("give exactly one limit: --usd, --tokens, --input-tokens or --output-tokens.");
}

function checkKind(kind: string): string {
  if (KINDS.includes(kind)) return kind;
  throw new UsageError(`"${kind}" is no kind of account: choose one of ${KINDS.join(", ")}.`);
}

function unitName(unit: string): string {
  return unit === "nanousd" ? "USD" : unit.replace("_", " ");
}
