import { readFile, stat, writeFile } from "node:fs/promises";
import { SluiceError } from "@sluice/platform/errors";
import type { Command } from "commander";
import { stringify } from "yaml";
import { putCredentialAnswer } from "../admin/answers.ts";
import { AdminDoor } from "../admin/door.ts";
import type { CommandEnvironment } from "./environment.ts";
import { CommandFailed, UsageError } from "./failure.ts";
import type { Imported, Plan, WantedKey } from "./importers/plan.ts";
import { printable, printJson } from "./output.ts";

const FILE_BYTES_MAX = 4 * 1024 * 1024;

interface ImportFlags {
  readonly out?: string;
  readonly storeKeys?: boolean;
}

/** Adds `import`: another gateway's configuration as a sluice.yaml, and what could not be carried over. */
export function registerImport(program: Command, environment: CommandEnvironment): void {
  program
    .command("import")
    .description("turn another gateway's configuration into a sluice.yaml, and list what could not be carried over")
    .argument("<gateway>", "litellm (config.yaml) or portkey (config.json)")
    .argument("<file>", "its configuration file")
    .option("--out <file>", "write the result there instead of to standard output; an existing file is left alone")
    .option("--store-keys", "put the keys that stand in the file into the running gateway's sealed store")
    .action(async (gateway: string, file: string, flags: ImportFlags) => {
      await importConfig(environment, { gateway, file, flags });
    });
}

interface Wanted {
  readonly gateway: string;
  readonly file: string;
  readonly flags: ImportFlags;
}

async function importConfig(environment: CommandEnvironment, { gateway, file, flags }: Wanted): Promise<void> {
  const [{ IMPORTERS }, { assemble }, { builtInProviders }] = await Promise.all([
    import("./importers/registry.ts"),
    import("./importers/assemble.ts"),
    import("@sluice/provider-adapter/recordings"),
  ]);
  const read = Object.hasOwn(IMPORTERS, gateway) ? IMPORTERS[gateway] : undefined;
  if (read === undefined) {
    throw new UsageError(`"${gateway}" cannot be imported; these can: ${Object.keys(IMPORTERS).join(", ")}`);
  }
  const imported = assemble(planOf(read, await textOf(file, gateway), file), builtInProviders());
  if (Object.keys(imported.config).length === 0) {
    throw new SluiceError(
      "invalid_request",
      `${file} has nothing that can be carried over: is it a configuration of ${gateway}?`,
    );
  }
  const yaml = stringify(imported.config, { lineWidth: 120 });
  if (flags.out !== undefined) await writeNew(flags.out, yaml);
  const stored = flags.storeKeys === true ? await storeKeys(environment, imported.keys) : new Set<string>();
  if (environment.json()) {
    printJson(environment, {
      config: imported.config,
      written: flags.out ?? null,
      keys: imported.keys.map((key) => ({
        provider: key.provider,
        found: placeOf(key),
        stored: stored.has(key.provider),
      })),
      not_carried_over: imported.left,
    });
    return;
  }
  if (flags.out === undefined) environment.stdout.write(yaml);
  tell(environment, imported, { stored, out: flags.out });
}

function planOf(read: (text: string, file: string) => Plan, text: string, file: string): Plan {
  try {
    return read(text, file);
  } catch (cause) {
    const { message } = SluiceError.from(cause);
    throw new SluiceError("invalid_request", `${file} cannot be read. ${message}`, { cause });
  }
}

async function textOf(file: string, gateway: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > FILE_BYTES_MAX) throw new Error(`it has ${size} bytes; at most ${FILE_BYTES_MAX} are read`);
    return await readFile(file, "utf8");
  } catch (cause) {
    const { message } = SluiceError.from(cause);
    throw new SluiceError("invalid_request", `${file} (${gateway}) cannot be read: ${message}`, { cause });
  }
}

async function writeNew(file: string, yaml: string): Promise<void> {
  try {
    await writeFile(file, yaml, { flag: "wx", mode: 0o600 });
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === "EEXIST";
    const why = exists ? "it exists already and is left alone; choose another name" : SluiceError.from(cause).message;
    throw new SluiceError("invalid_request", `${file} cannot be written: ${why}`, { cause });
  }
}

/** Only keys that stand in the file itself are at hand; the others are named. */
async function storeKeys(environment: CommandEnvironment, keys: readonly WantedKey[]): Promise<ReadonlySet<string>> {
  const stored = new Set<string>();
  const door = AdminDoor.find(environment.dataDirectory());
  for (const { provider, source } of keys) {
    if (source.kind !== "literal") continue;
    try {
      await door.put(`/credentials/${encodeURIComponent(provider)}`, putCredentialAnswer, { secret: source.secret });
      stored.add(provider);
    } catch (cause) {
      environment.stderr.write(`sluice: the key of ${provider} was not stored: ${SluiceError.from(cause).message}\n`);
    }
  }
  if (keys.some((key) => key.source.kind === "literal" && !stored.has(key.provider))) throw new CommandFailed();
  return stored;
}

function placeOf({ source }: WantedKey): string {
  if (source.kind === "literal") return "in the file";
  return source.kind === "variable"
    ? `in the variable ${source.name}`
    : `in the other gateway's store as ${source.name}`;
}

/** Says on standard error what is left to do, so that standard output is the file alone. */
function tell(
  environment: CommandEnvironment,
  { keys, left }: Imported,
  { stored, out }: { readonly stored: ReadonlySet<string>; readonly out: string | undefined },
): void {
  const lines = out === undefined ? [] : [`Written to ${out}.`];
  const missing = keys.filter(({ provider }) => !stored.has(provider));
  for (const provider of stored) lines.push(`The key of ${provider} is stored, sealed.`);
  if (missing.length > 0) {
    lines.push("", "Keys to store:");
    for (const key of missing) lines.push(`  sluice secrets set ${key.provider}   (${printable(placeOf(key))})`);
  }
  if (left.length > 0) {
    lines.push("", "Not carried over:");
    for (const { where, why } of left) lines.push(`  ${printable(where)}: ${printable(why)}`);
  }
  environment.stderr.write(lines.map((line) => `${line}\n`).join(""));
}
