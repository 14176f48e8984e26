import type { Command } from "commander";
import type { z } from "zod";
import { closedSessionAnswer, type session, sessionAnswer, sessionsAnswer } from "../admin/answers.ts";
import { AdminDoor } from "../admin/door.ts";
import { formatAmount, parseDuration, parseTokens, parseUsd } from "./amounts.ts";
import type { CommandEnvironment } from "./environment.ts";
import { keyReference } from "./keys.ts";
import { moment, print, printable, printJson, printTable } from "./output.ts";

type Session = z.output<typeof session>;

interface CreateFlags {
  readonly key: string;
  readonly expires: string;
  readonly name?: string;
  readonly usd?: string;
  readonly tokens?: string;
}

interface ListFlags {
  readonly org?: string;
  readonly key?: string;
  readonly all?: boolean;
}

/** Adds `sessions`: open, list and close sessions of keys. */
export function register(program: Command, environment: CommandEnvironment): void {
  const sessions = program.command("sessions").description("open, list and close sessions of keys");
  sessions
    .command("create")
    .description("open a session of a key; with an amount, it is taken from the key's budgets at once")
    .requiredOption("--key <key>", "key by id or the prefix that the list shows")
    .requiredOption("--expires <duration>", "life of the session, like 30m or 2h")
    .option("--usd <amount>", "most the session may spend, in US dollars")
    .option("--tokens <n>", "most tokens the session may use, input and output together")
    .option("--name <name>", "name for people")
    .action(async (flags: CreateFlags) => await create(environment, flags));
  sessions
    .command("list")
    .description("list sessions, the newest 1,000 of them")
    .option("--org <org>", "only sessions of this organisation")
    .option("--key <key>", "only sessions of this key")
    .option("--all", "also closed and expired sessions")
    .action(async (flags: ListFlags) => await list(environment, flags));
  sessions
    .command("close")
    .description("end a session; what it did not spend is free again")
    .argument("<session>", "id of the session")
    .action(async (id: string) => {
      const path = `/sessions/${encodeURIComponent(id)}`;
      const answer = await AdminDoor.find(environment.dataDirectory()).delete(path, closedSessionAnswer);
      if (environment.json()) return printJson(environment, answer);
      const rest = answer.draining ? "; calls in flight still use their part of it" : "";
      print(environment, `${answer.session.id} is closed${rest}.`);
    });
}

async function create(environment: CommandEnvironment, flags: CreateFlags): Promise<void> {
  const amounts = {
    ...(flags.usd !== undefined && { nanousd: parseUsd(flags.usd).toString() }),
    ...(flags.tokens !== undefined && { tokens: parseTokens(flags.tokens).toString() }),
  };
  const body = { key: keyReference(flags.key), name: flags.name, ttl_ms: parseDuration(flags.expires), amounts };
  const answer = await AdminDoor.find(environment.dataDirectory()).post("/sessions", sessionAnswer, body);
  if (environment.json()) return printJson(environment, answer);
  // Alone on standard output, so that SESSION=$(sluice sessions create …) works.
  print(environment, answer.session.id);
  const slice = sliceOf(answer.session);
  const facts = [slice === "-" ? "no budget of its own" : slice, `expires ${moment(answer.session.expires_at_ms)}`];
  environment.stderr.write(`${facts.join("; ")}\nSend it as x-sluice-session, beside the key.\n`);
}

async function list(environment: CommandEnvironment, flags: ListFlags): Promise<void> {
  const key = flags.key === undefined ? undefined : keyReference(flags.key);
  const query = { org: flags.org, key, include_ended: flags.all === true ? "true" : undefined };
  const answer = await AdminDoor.find(environment.dataDirectory()).get("/sessions", sessionsAnswer, query);
  if (environment.json()) return printJson(environment, answer);
  printTable(environment, {
    columns: [
      { title: "ID" },
      { title: "NAME" },
      { title: "KEY" },
      { title: "STATE" },
      { title: "EXPIRES" },
      { title: "BUDGET", numbers: true },
      { title: "SPENT", numbers: true },
      { title: "HELD", numbers: true },
    ],
    rows: answer.sessions.map((row) => [
      row.id,
      row.name === "" ? "-" : row.name,
      row.key === "" ? row.key_id : row.key,
      row.state,
      moment(row.expires_at_ms),
      sliceOf(row),
      moneyOf(row, "spent"),
      moneyOf(row, "held"),
    ]),
    none: "There are no sessions.",
  });
}

function sliceOf({ amounts }: Session): string {
  const parts = Object.entries(amounts).map(([unit, value]) => {
    return `${formatAmount(unit, value)} ${unit === "nanousd" ? "USD" : unit.replace("_", " ")}`;
  });
  return parts.length === 0 ? "-" : printable(parts.join(", "));
}

function moneyOf(row: Session, what: "spent" | "held"): string {
  const balance = row.balances.find(({ unit, window }) => unit === "nanousd" && window === "total");
  return balance === undefined ? "-" : `${formatAmount("nanousd", balance[what])} USD`;
}
