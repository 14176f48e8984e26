import type { Command } from "commander";
import type { z } from "zod";
import { type budget, budgetAnswer, budgetsAnswer } from "../admin/answers.ts";
import { AdminDoor } from "../admin/door.ts";
import { ACCOUNT_HELP, accountReference, checkKind, parseAccount } from "./accounts.ts";
import { formatAmount, formatUsd, parseTokens, parseUsd } from "./amounts.ts";
import type { CommandEnvironment } from "./environment.ts";
import { UsageError } from "./failure.ts";
import { moment, print, printable, printJson, printTable } from "./output.ts";

type Budget = z.output<typeof budget>;

interface WindowFlags {
  readonly window: string;
  readonly soft?: boolean;
}

interface LimitFlags extends WindowFlags {
  readonly usd?: string;
  readonly tokens?: string;
  readonly inputTokens?: string;
  readonly outputTokens?: string;
}

interface Wanted {
  readonly kind: string;
  readonly account: string;
  readonly org: string | undefined;
}

const UNITS: Readonly<Record<string, string>> = {
  usd: "nanousd",
  tokens: "tokens",
  input_tokens: "input_tokens",
  output_tokens: "output_tokens",
};
const WINDOWS = ["total", "hour", "day", "week", "month"];
const WINDOW_HELP = `when it starts anew: ${WINDOWS.join(", ")}, in the organisation's time zone`;
const ORG_HELP = "organisation of the account (default: the only one)";

/** Adds `budgets`: read, set and remove limits. */
export function register(program: Command, environment: CommandEnvironment): void {
  const budgets = program
    .command("budgets")
    .description("show what every account may spend, has spent and holds")
    .option("--org <org>", "only this organisation")
    .option("--account <account>", "only this account, like team:core or model:sim/large")
    .action(async (flags: { org?: string; account?: string }) => await list(environment, flags));
  budgets
    .command("set")
    .description("set the limit of an account")
    .argument("<kind>", ACCOUNT_HELP.kind)
    .argument("<account>", ACCOUNT_HELP.account)
    .option("--usd <amount>", "limit in US dollars")
    .option("--tokens <n>", "limit in tokens, input and output together")
    .option("--input-tokens <n>", "limit in input tokens")
    .option("--output-tokens <n>", "limit in output tokens")
    .option("--window <window>", WINDOW_HELP, "total")
    .option("--soft", "passing it is told, and nothing is refused")
    .option("--org <org>", ORG_HELP)
    .action(async (kind: string, account: string, flags: LimitFlags, command: Command) => {
      const { org } = command.optsWithGlobals<{ org?: string }>();
      await set(environment, accountOf(kind, account, org), flags);
    });
  budgets
    .command("remove")
    .description("remove the limit of an account; what it spent stays")
    .argument("<kind>", ACCOUNT_HELP.kind)
    .argument("<account>", ACCOUNT_HELP.account)
    .option("--unit <unit>", `one of ${Object.keys(UNITS).join(", ")}`, "usd")
    .option("--window <window>", WINDOW_HELP, "total")
    .option("--soft", "the soft limit")
    .option("--org <org>", ORG_HELP)
    .action(async (kind: string, account: string, flags: WindowFlags & { unit: string }, command: Command) => {
      const { org } = command.optsWithGlobals<{ org?: string }>();
      await remove(environment, accountOf(kind, account, org), flags);
    });
}

async function list(environment: CommandEnvironment, flags: { org?: string; account?: string }): Promise<void> {
  const one = flags.account === undefined ? undefined : parseAccount(flags.account);
  const query = { org: flags.org, account_kind: one?.kind, account: one?.account };
  const { budgets } = await AdminDoor.find(environment.dataDirectory()).get("/budgets", budgetsAnswer, query);
  const totals = totalsOf(budgets);
  if (environment.json()) return printJson(environment, { budgets, totals });
  printTable(environment, {
    columns: [
      { title: "ACCOUNT" },
      { title: "UNIT" },
      { title: "WINDOW" },
      { title: "LIMIT", numbers: true },
      { title: "SPENT", numbers: true },
      { title: "HELD", numbers: true },
      { title: "USED", numbers: true },
      { title: "HOLDS", numbers: true },
      { title: "STARTS ANEW" },
    ],
    rows: budgets.map(rowOf),
    none:
      one === undefined ? "No account has a limit or has spent anything yet." : "It has no limit and spent nothing.",
  });
  for (const total of totals) {
    const sums = `spent ${formatUsd(total.spent_nanousd)} USD, held ${formatUsd(total.held_nanousd)} USD`;
    print(environment, `Total of ${printable(total.tenant)}: ${sums}.`);
  }
}

function rowOf(row: Budget): readonly string[] {
  return [
    `${row.account_kind} ${row.name === "" ? row.account : row.name}`,
    unitName(row.unit),
    row.soft ? `${row.window} (soft)` : row.window,
    row.limit === null ? "-" : formatAmount(row.unit, row.limit),
    formatAmount(row.unit, row.spent),
    formatAmount(row.unit, row.held),
    row.used_percent === null ? "-" : `${row.used_percent} %`,
    String(row.open_holds),
    moment(row.window_ends_at_ms),
  ];
}

/** An organisation's account stands on the chain of each of its calls, so it is the total by itself. */
function totalsOf(budgets: readonly Budget[]) {
  const whole = budgets.filter((row) => row.account_kind === "org" && row.unit === "nanousd" && row.window === "total");
  return [...new Map(whole.map((row) => [row.tenant_id, row])).values()].map((row) => ({
    tenant_id: row.tenant_id,
    tenant: row.name === "" ? row.tenant_id : row.name,
    spent_nanousd: row.spent,
    held_nanousd: row.held,
  }));
}

async function set(environment: CommandEnvironment, wanted: Wanted, flags: LimitFlags): Promise<void> {
  const { unit, limit } = limitOf(flags);
  const window = checkWindow(flags.window);
  const { kind, account, org } = wanted;
  const soft = flags.soft ?? false;
  const body = { account_kind: kind, account, org, unit, window, soft, limit: limit.toString() };
  const answer = await AdminDoor.find(environment.dataDirectory()).put("/budgets", budgetAnswer, body);
  if (environment.json()) return printJson(environment, answer);
  const most = `${soft ? "warned beyond" : "at most"} ${formatAmount(unit, limit)} ${unitName(unit)}${per(window)}`;
  const spent = answer.budget === null ? "" : `; ${formatAmount(unit, answer.budget.spent)} spent so far`;
  print(environment, `${kind} ${printable(account)}: ${most}${spent}.`);
}

async function remove(
  environment: CommandEnvironment,
  wanted: Wanted,
  flags: WindowFlags & { unit: string },
): Promise<void> {
  const unit = UNITS[flags.unit];
  if (unit === undefined) {
    throw new UsageError(`"${flags.unit}" is no unit: choose one of ${Object.keys(UNITS).join(", ")}.`);
  }
  const window = checkWindow(flags.window);
  const { kind, account, org } = wanted;
  const soft = flags.soft === true;
  const query = { account_kind: kind, account, unit, window, soft: soft ? "true" : undefined, org };
  const answer = await AdminDoor.find(environment.dataDirectory()).delete("/budgets", budgetAnswer, query);
  if (environment.json()) return printJson(environment, answer);
  const what = `no ${soft ? "soft " : ""}limit in ${unitName(unit)}${per(window)} any more`;
  print(environment, `${kind} ${printable(account)}: ${what}.`);
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

function accountOf(kind: string, account: string, org: string | undefined): Wanted {
  return { kind: checkKind(kind), account: accountReference(kind, account), org };
}

function checkWindow(window: string): string {
  if (WINDOWS.includes(window)) return window;
  throw new UsageError(`"${window}" is no window: choose one of ${WINDOWS.join(", ")}.`);
}

function per(window: string): string {
  return window === "total" ? "" : ` per ${window}`;
}

function unitName(unit: string): string {
  return unit === "nanousd" ? "USD" : unit.replace("_", " ");
}
