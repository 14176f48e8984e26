import type { Command } from "commander";
import { keyAnswer, keysAnswer, newKeyAnswer } from "../admin/answers.ts";
import { AdminDoor } from "../admin/door.ts";
import { formatUsd, parseDuration, parseUsd } from "./amounts.ts";
import type { CommandEnvironment } from "./environment.ts";
import { moment, print, printable, printJson, printTable } from "./output.ts";

/** The part of a key that lists show. */
const PREFIX_CHARACTERS = "sk-sluice-".length + 6;

interface CreateFlags {
  readonly name?: string;
  readonly org?: string;
  readonly team?: string;
  readonly user?: string;
  readonly budgetUsd?: string;
  readonly expires?: string;
  readonly models?: string;
}

/** Adds `keys`: make, list and end API keys. */
export function register(program: Command, environment: CommandEnvironment): void {
  const keys = program.command("keys").description("make, list and end API keys");
  keys
    .command("create")
    .description("make an API key; it is shown only now")
    .option("--name <name>", "name for people")
    .option("--org <org>", "organisation by name or id (default: the only one)")
    .option("--team <team>", "team by name or id; its budget counts too")
    .option("--user <user>", "user by name or id; the user's budget counts too")
    .option("--budget-usd <amount>", "most the key may ever spend, in US dollars")
    .option("--expires <duration>", "life of the key, like 12h or 30d (default: no end)")
    .option("--models <list>", 'models the key may use, separated by commas; "*" stands for any text')
    .action(async (flags: CreateFlags) => await create(environment, flags));
  keys
    .command("list")
    .description("list keys, without their secrets")
    .option("--org <org>", "only keys of this organisation")
    .option("--all", "also revoked and expired keys")
    .action(async (flags: { org?: string; all?: boolean }) => await list(environment, flags));
  keys
    .command("revoke")
    .description("end a key, by its id or the prefix that the list shows")
    .argument("<key>")
    .action(async (key: string) => await revoke(environment, key));
}

/** A key as somebody typed it. Somebody may paste the whole key: what identifies it is enough to send. */
export function keyReference(given: string): string {
  return given.startsWith("sk-") ? given.slice(0, PREFIX_CHARACTERS) : given;
}

async function create(environment: CommandEnvironment, flags: CreateFlags): Promise<void> {
  const budget = flags.budgetUsd === undefined ? undefined : parseUsd(flags.budgetUsd);
  const body = {
    name: flags.name,
    org: flags.org,
    team: flags.team,
    user: flags.user,
    budget_nanousd: budget?.toString(),
    ttl_ms: flags.expires === undefined ? undefined : parseDuration(flags.expires),
    allowed_models: flags.models
      ?.split(",")
      .map((model) => model.trim())
      .filter((model) => model !== ""),
  };
  const answer = await AdminDoor.find(environment.dataDirectory()).post("/keys", newKeyAnswer, body);
  if (environment.json()) return printJson(environment, answer);
  // Alone on standard output, so that KEY=$(sluice keys create) works; the rest is for whoever reads along.
  print(environment, answer.secret);
  const facts = [
    `id ${answer.key.id}`,
    budget === undefined ? "no budget of its own" : `budget ${formatUsd(budget)} USD`,
    answer.key.expires_at_ms === 0 ? "no expiry" : `expires ${moment(answer.key.expires_at_ms)}`,
    answer.key.allowed_models.length === 0 ? "all models" : `models ${answer.key.allowed_models.join(", ")}`,
  ];
  environment.stderr.write(`${facts.join("; ")}\nKeep the key now: it is not shown again.\n`);
}

async function list(environment: CommandEnvironment, flags: { org?: string; all?: boolean }): Promise<void> {
  const query = { org: flags.org, include_ended: flags.all === true ? "true" : undefined };
  const answer = await AdminDoor.find(environment.dataDirectory()).get("/keys", keysAnswer, query);
  if (environment.json()) return printJson(environment, answer);
  printTable(environment, {
    columns: ["ID", "KEY", "NAME", "STATE", "CREATED", "EXPIRES", "MODELS"].map((title) => ({ title })),
    rows: answer.keys.map((key) => [
      key.id,
      `${key.display_prefix}…`,
      key.name === "" ? "-" : key.name,
      key.state,
      moment(key.created_at_ms),
      moment(key.expires_at_ms),
      key.allowed_models.length === 0 ? "all" : key.allowed_models.join(","),
    ]),
    none: "There are no keys. Make one with `sluice keys create`.",
  });
}

async function revoke(environment: CommandEnvironment, given: string): Promise<void> {
  const path = `/keys/${encodeURIComponent(keyReference(given))}`;
  const answer = await AdminDoor.find(environment.dataDirectory()).delete(path, keyAnswer);
  if (environment.json()) return printJson(environment, answer);
  const { id, display_prefix, name } = answer.key;
  print(environment, `${id} (${display_prefix}…${name === "" ? "" : `, ${printable(name)}`}) is revoked.`);
}
