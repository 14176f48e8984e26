import { closeSync, openSync } from "node:fs";
import { chown, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { readIfThere, writeOwnerOnly } from "./files.ts";
import type { PostgresPlace } from "./postgres-place.ts";
import { spawnTethered } from "./tether.ts";

/** What `initdb` is given. */
export interface InitialiseOptions {
  readonly initdb: string;
  readonly place: PostgresPlace;
  readonly user: string;
  readonly password: string;
  readonly logFile: string;
  /** False leaves the new files to the system's own pace: for tests. */
  readonly sync: boolean;
}

/** Makes the database cluster if there is none yet. A half-made one, of a run that was killed, is made anew. */
export async function initialise(options: InitialiseOptions): Promise<void> {
  const { place } = options;
  if ((await readIfThere(join(place.data, "PG_VERSION"))) !== undefined) return;
  const draft = `${place.data}.new`;
  await rm(draft, { recursive: true, force: true });
  const passwordFile = join(place.root, "initial-password");
  await rm(passwordFile, { force: true });
  await writeOwnerOnly(passwordFile, `${options.password}\n`);
  const { uid, gid } = await stat(place.root);
  await chown(passwordFile, uid, gid);
  try {
    await runInitdb(options, draft, passwordFile);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(draft, place.data);
}

async function runInitdb(options: InitialiseOptions, draft: string, passwordFile: string): Promise<void> {
  const { place } = options;
  const args = ["-D", draft, "-U", options.user, "-A", "scram-sha-256", `--pwfile=${passwordFile}`];
  args.push("-E", "UTF8", "--no-locale", ...(options.sync ? [] : ["--no-sync"]));
  const log = openSync(options.logFile, "a", 0o600);
  const child = spawnTethered(
    { program: options.initdb, args, environment: place.environment, directory: place.root, user: place.osUser },
    log,
  );
  closeSync(log);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("exit", resolve);
    child.once("error", reject);
  });
  if (code === 0) return;
  const lines = (await readFile(options.logFile, "utf8")).trimEnd().split("\n").slice(-8).join("\n  ");
  throw new Error(`initdb failed with code ${code}. The end of its log (${options.logFile}):\n  ${lines}`);
}
