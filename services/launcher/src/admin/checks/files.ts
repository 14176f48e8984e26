import type { Stats } from "node:fs";
import { lstat, opendir } from "node:fs/promises";
import { join, relative } from "node:path";
import { type Finding, fail, ok, warn } from "./finding.ts";

const ENTRIES_MAX = 20_000;
const SHOWN_MAX = 5;
const SECRET_NAME = /token|secret|password|sealed|credential|\.key$|\.pem$/i;
const OTHERS = 0o077;

/** What is known of the directory, or why nothing is, as a sentence. */
async function lookAt(directory: string): Promise<Stats | string> {
  try {
    return await lstat(directory);
  } catch (error) {
    const code = String((error as { readonly code?: unknown }).code);
    if (code === "ENOENT") return `${directory} does not exist: start the gateway once.`;
    return `${directory} cannot be looked at (${code}): run this as the user the gateway runs as.`;
  }
}

/** Looks at who can read the data directory and the secrets in it. */
export async function checkFiles(directory: string): Promise<readonly Finding[]> {
  const root = await lookAt(directory);
  if (typeof root === "string") return [fail("data directory", root)];
  const findings: Finding[] = [];
  if ((root.mode & OTHERS) === 0) findings.push(ok("data directory", `${directory} belongs to its owner alone`));
  else findings.push(fail("data directory", `others can enter ${directory}: run \`chmod 700 ${directory}\`.`));
  if (process.getuid !== undefined && root.uid !== process.getuid()) {
    findings.push(warn("data directory", `${directory} belongs to another user (${root.uid}).`));
  }
  findings.push(secretsFinding(await openSecrets(directory)));
  return findings;
}

interface Seen {
  readonly secrets: number;
  readonly open: readonly string[];
}

function secretsFinding({ secrets, open }: Seen): Finding {
  if (open.length === 0) return ok("secret files", `${secrets} files with secrets, all readable by their owner alone`);
  const shown = open.slice(0, SHOWN_MAX).join(", ");
  const rest = open.length > SHOWN_MAX ? ` and ${open.length - SHOWN_MAX} more` : "";
  return fail("secret files", `others can read ${shown}${rest}: run \`chmod 600\` on each.`);
}

async function openSecrets(directory: string): Promise<Seen> {
  const open: string[] = [];
  let secrets = 0;
  let entries = 0;
  for await (const entry of await opendir(directory, { recursive: true })) {
    entries += 1;
    if (entries > ENTRIES_MAX) break;
    if (!entry.isFile() || !SECRET_NAME.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined) continue;
    secrets += 1;
    if ((found.mode & OTHERS) !== 0) open.push(relative(directory, path));
  }
  return { secrets, open };
}
