import type { Command } from "commander";
import type { z } from "zod";
import { type rateLimit, rateLimitAnswer, rateLimitsAnswer } from "../admin/answers.ts";
import { AdminDoor } from "../admin/door.ts";
import { ACCOUNT_HELP, accountReference, checkKind } from "./accounts.ts";
import type { CommandEnvironment } from "./environment.ts";
import { UsageError } from "./failure.ts";
import { print, printable, printJson, printTable } from "./output.ts";

const RATE_MAX = 1_000_000_000;
const ORG_HELP = "organisation of the account (default: the only one)";

/** Adds `limits`: requests and tokens per minute of an account. */
export function register(program: Command, environment: CommandEnvironment): void {
  const limits = program
    .command("limits")
    .description("show how many requests and tokens per minute accounts may use")
    .option("--org <org>", "only this organisation")
    .action(async (flags: { org?: string }) => await list(environment, flags.org));
  limits
    .command("set")
    .description("set the rate limits of an account, both of them anew")
    .argument("<kind>", ACCOUNT_HELP.kind)
    .argument("<account>", ACCOUNT_HELP.account)
    .option("--rpm <n>", "requests per minute")
    .option("--tpm <n>", "tokens per minute, input and output together")
    .option("--org <org>", ORG_HELP)
    .action(async (kind: string, account: string, flags: { rpm?: string; tpm?: string }, command: Command) => {
      const { org } = command.optsWithGlobals<{ org?: string }>();
      await set(environment, { kind: checkKind(kind), account: accountReference(kind, account), org }, flags);
    });
  limits
    .command("remove")
    .description("remove the rate limits of an account")
    .argument("<kind>", ACCOUNT_HELP.kind)
    .argument("<account>", ACCOUNT_HELP.account)
    .option("--org <org>", ORG_HELP)
    .action(async (kind: string, typed: string, _flags: unknown, command: Command) => {
      const account = accountReference(kind, typed);
      const { org } = command.optsWithGlobals<{ org?: string }>();
      const query = { account_kind: checkKind(kind), account, org };
      const door = AdminDoor.find(environment.dataDirectory());
      const answer = await door.delete("/rate-limits", rateLimitAnswer, query);
      if (environment.json()) return printJson(environment, answer);
      print(environment, `${kind} ${printable(account)}: no rate limit any more.`);
    });
}

async function list(environment: CommandEnvironment, org: string | undefined): Promise<void> {
  const answer = await AdminDoor.find(environment.dataDirectory()).get("/rate-limits", rateLimitsAnswer, { org });
  if (environment.json()) return printJson(environment, answer);
  printTable(environment, {
    columns: [
      { title: "ACCOUNT" },
      { title: "ORG" },
      { title: "REQUESTS/MIN", numbers: true },
      { title: "TOKENS/MIN", numbers: true },
    ],
    rows: answer.rate_limits.map((row) => [
      `${row.account_kind} ${row.name === "" ? row.account : row.name}`,
      row.tenant === "" ? row.tenant_id : row.tenant,
      String(row.requests_per_minute ?? "-"),
      String(row.tokens_per_minute ?? "-"),
    ]),
    none: "There are no rate limits.",
  });
}

async function set(
  environment: CommandEnvironment,
  wanted: { kind: string; account: string; org: string | undefined },
  flags: { rpm?: string; tpm?: string },
): Promise<void> {
  const rpm = flags.rpm === undefined ? undefined : parseRate("--rpm", flags.rpm);
  const tpm = flags.tpm === undefined ? undefined : parseRate("--tpm", flags.tpm);
  if (rpm === undefined && tpm === undefined) throw new UsageError("give --rpm, --tpm or both.");
  const { kind, account, org } = wanted;
  const body = { account_kind: kind, account, org, requests_per_minute: rpm, tokens_per_minute: tpm };
  const answer = await AdminDoor.find(environment.dataDirectory()).put("/rate-limits", rateLimitAnswer, body);
  if (environment.json()) return printJson(environment, answer);
  print(environment, `${kind} ${printable(account)}: at most ${told(answer.rate_limit)} per minute.`);
}

function told({ requests_per_minute: rpm, tokens_per_minute: tpm }: z.output<typeof rateLimit>): string {
  const parts = [rpm === null ? "" : `${rpm} requests`, tpm === null ? "" : `${tpm} tokens`];
  return parts.filter((part) => part !== "").join(" and ");
}

function parseRate(flag: string, text: string): number {
  const rate = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (rate >= 1 && rate <= RATE_MAX) return rate;
  throw new UsageError(`${flag} is "${text}": write a whole number from 1 to ${RATE_MAX}.`);
}
