import type { Command } from "commander";
import { credentialsAnswer, deleteCredentialAnswer, putCredentialAnswer } from "../admin/answers.ts";
import { AdminDoor } from "../admin/door.ts";
import type { CommandEnvironment } from "./environment.ts";
import { UsageError } from "./failure.ts";
import { moment, print, printable, printJson, printTable } from "./output.ts";
import { readSecret } from "./read-secret.ts";

/** Adds `secrets`: store, list and remove provider credentials. */
export function register(program: Command, environment: CommandEnvironment): void {
  const secrets = program.command("secrets").description("store, list and remove provider credentials");
  secrets
    .command("set")
    .description("store a provider's credential, typed at the prompt or piped in; never given as an argument")
    .argument("<provider>")
    .argument("[extra...]")
    .usage("<provider>")
    // Unknown options reach the action, which explains itself instead of repeating what may be a secret.
    .allowUnknownOption()
    .action(async (provider: string, extra: string[]) => await set(environment, provider, extra));
  secrets
    .command("list")
    .description("list providers and whether a credential is stored")
    .action(async () => await list(environment));
  secrets
    .command("delete")
    .description("remove a provider's credential")
    .argument("<provider>")
    .action(async (provider: string) => await remove(environment, provider));
}

async function set(environment: CommandEnvironment, provider: string, extra: readonly string[]): Promise<void> {
  if (extra.length > 0 || !/^[a-z0-9][a-z0-9_-]{0,63}$/.test(provider)) {
    throw new UsageError(
      "give the provider's name alone. The secret is never an argument: arguments can be seen by every process of the " +
        "machine and stay in the shell's history. Type it at the prompt or pipe it: `sluice secrets set NAME < FILE`.",
    );
  }
  const door = AdminDoor.find(environment.dataDirectory());
  const secret = await readSecret(environment, `Credential of ${provider} (not shown): `);
  const answer = await door.put(`/credentials/${encodeURIComponent(provider)}`, putCredentialAnswer, { secret });
  if (environment.json()) return printJson(environment, answer);
  const hint = answer.hint === "" ? "" : ` (it ends in ${printable(answer.hint)})`;
  print(environment, `The credential of ${answer.provider} is stored, sealed${hint}.`);
}

async function list(environment: CommandEnvironment): Promise<void> {
  const answer = await AdminDoor.find(environment.dataDirectory()).get("/credentials", credentialsAnswer);
  if (environment.json()) return printJson(environment, answer);
  printTable(environment, {
    columns: [{ title: "PROVIDER" }, { title: "CREDENTIAL" }, { title: "STORED" }],
    rows: answer.credentials.map((row) => [row.provider, stateOf(row), moment(row.stored_at_ms)]),
    none: "No provider is known.",
  });
}

function stateOf(row: { present: boolean; needed: boolean; hint: string }): string {
  if (row.present) return row.hint === "" ? "stored" : `…${row.hint}`;
  return row.needed ? "missing" : "none needed";
}

async function remove(environment: CommandEnvironment, provider: string): Promise<void> {
  const path = `/credentials/${encodeURIComponent(provider)}`;
  const answer = await AdminDoor.find(environment.dataDirectory()).delete(path, deleteCredentialAnswer);
  if (environment.json()) return printJson(environment, answer);
  const what = answer.deleted ? "is removed" : "was not stored";
  print(environment, `The credential of ${printable(provider)} ${what}.`);
}
