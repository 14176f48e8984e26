import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SluiceError } from "@sluice/platform/errors";

const OWNER_FILE = "writer.json";
const LOCK_FILE = "writer.lock";

/** A data directory that this process alone may write to. */
export interface DataDirectory {
  readonly path: string;
  release(): void;
}

/**
 * Creates the directory (owner-only) and takes its lock. The lock is the operating system's, on an SQLite file: it ends with its process,
 * also by kill -9, so there is no stale lock to clean up.
 * @throws conflict naming the process that holds it; unavailable if the directory cannot be written; forbidden if it is a folder of other
 * things that others may enter, such as a home or temporary folder
 */
export function takeDataDirectory(directory: string, services: readonly string[]): DataDirectory {
  const path = resolve(directory);
  prepare(path);
  const lock = new DatabaseSync(join(path, LOCK_FILE));
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if (!/locked|busy/i.test(String(error))) throw cannotWrite(path, error);
    throw new SluiceError("conflict", `${inUse(path)} Stop it first, or choose another directory with --data-dir.`);
  }
  const owner = { pid: process.pid, services, started_at: new Date().toISOString() };
  writeFileSync(join(path, OWNER_FILE), `${JSON.stringify(owner)}\n`, { mode: 0o600 });
  return { path, release: () => lock.close() };
}

function prepare(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    if ((statSync(path).mode & 0o077) !== 0) closeToOthers(path);
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    throw cannotWrite(path, error);
  }
}

/** Only a folder of our own is closed: doing it to `/tmp` or a home folder would lock others out of their things. */
function closeToOthers(path: string): void {
  const entries = readdirSync(path).filter((name) => name !== "lost+found");
  if (entries.length > 0 && !entries.includes(LOCK_FILE)) {
    throw new SluiceError(
      "forbidden",
      `${path} holds other files and can be entered by others. Choose a folder of its own with --data-dir, or run \`chmod 700 ${path}\` if it is meant.`,
    );
  }
  chmodSync(path, 0o700);
}

function cannotWrite(path: string, cause: unknown): SluiceError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SluiceError(
    "unavailable",
    `The data directory ${path} cannot be used (${reason}). Make it writable for this user or choose another with --data-dir.`,
    { cause },
  );
}

function inUse(path: string): string {
  try {
    const owner = JSON.parse(readFileSync(join(path, OWNER_FILE), "utf8")) as {
      pid: number;
      services: string[];
      started_at: string;
    };
    return `The data directory ${path} is in use by process ${owner.pid} (${owner.services.join(", ")}), running since ${owner.started_at}.`;
  } catch {
    // The holder may be just starting and not have written its name yet.
    return `The data directory ${path} is in use by another process.`;
  }
}
