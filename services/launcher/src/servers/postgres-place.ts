import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { chmod, chown, mkdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readIfThere, writeOwnerOnly } from "./files.ts";

/** Where one PostgreSQL keeps its data, and as whom it runs. */
export interface PostgresPlace {
  /** Folder of the server's user, owner-only. */
  readonly root: string;
  readonly data: string;
  /** Set when we are root: PostgreSQL refuses to run as root. */
  readonly osUser: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

const OS_USER = "postgres";
const PLACE_NAME = /^[0-9a-f]{16}$/;
/** For root's folders that the user `postgres` cannot enter, such as /root. */
const OUTSIDE = "/var/lib/sluice-postgres";

/** Deletes what a server of `directory` keeps outside of it, if anything: for whoever deletes the directory. */
export function forgetPlaceOf(directory: string): void {
  const name = keptNameSync(join(directory, "place"));
  if (name !== undefined) rmSync(join(OUTSIDE, name), { recursive: true, force: true });
}

function keptNameSync(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  const kept = readFileSync(file, "utf8").trim();
  return PLACE_NAME.test(kept) ? kept : undefined;
}

/** Chooses and prepares the place that belongs to `directory`. */
export async function placeFor(directory: string): Promise<PostgresPlace> {
  if (process.getuid?.() !== 0) return await prepare(join(directory, "server"), undefined);
  const owner = await accountOf(OS_USER);
  if (await mayPass(dirname(directory))) {
    // Only passing through is allowed to others, not looking: the password beside it stays owner-only.
    await chmod(directory, 0o711);
    return await prepare(join(directory, "server"), owner);
  }
  const name = await nameOutside(directory);
  await mkdir(OUTSIDE, { recursive: true });
  await chmod(OUTSIDE, 0o711);
  return await prepare(join(OUTSIDE, name), owner);
}

/** A name kept in the directory: one that was deleted and made anew gets new data, not the old with another password. */
async function nameOutside(directory: string): Promise<string> {
  const file = join(directory, "place");
  const kept = (await readIfThere(file))?.trim();
  if (kept !== undefined && PLACE_NAME.test(kept)) return kept;
  const made = randomBytes(8).toString("hex");
  await writeOwnerOnly(file, `${made}\n`);
  return made;
}

async function prepare(root: string, owner: { uid: number; gid: number } | undefined): Promise<PostgresPlace> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  if (owner !== undefined) await chown(root, owner.uid, owner.gid);
  return {
    root,
    data: join(root, "data"),
    osUser: owner === undefined ? undefined : OS_USER,
    environment: { HOME: root, PATH: "/usr/bin:/bin", LC_ALL: "C" },
  };
}

/** True if every folder up to the root lets other users pass. */
async function mayPass(folder: string): Promise<boolean> {
  const { mode } = await stat(folder);
  if ((mode & 0o001) === 0) return false;
  const parent = dirname(folder);
  return parent === folder || (await mayPass(parent));
}

async function accountOf(name: string): Promise<{ uid: number; gid: number }> {
  const accounts = await readFile("/etc/passwd", "utf8");
  const fields = accounts
    .split("\n")
    .map((line) => line.split(":"))
    .find((entry) => entry[0] === name);
  if (fields === undefined) {
    throw new Error(`PostgreSQL refuses to run as root and there is no user "${name}" to run it as: create that user.`);
  }
  return { uid: Number(fields[2]), gid: Number(fields[3]) };
}
