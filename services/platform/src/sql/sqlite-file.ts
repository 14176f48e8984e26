import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { fromSqliteError } from "./sql-errors.ts";

/** `process` survives kill -9 of any process; `power` also survives a power cut, at the price of a disk sync per commit. */
export type Durability = "process" | "power";

export interface SqliteFileOptions {
  /** Default `process`. */
  readonly durability?: Durability;
  /** How long a statement waits for another connection's lock, in milliseconds; default 5,000. */
  readonly busyTimeoutMs?: number;
  /** True: nobody else may open the file while it is open; a second opener fails at once. */
  readonly exclusive?: boolean;
  /** Upper bound of the file in bytes; a write beyond it fails like a full disk does. */
  readonly maxBytes?: number;
}

const PAGE_BYTES = 4096;
/** Beyond this the write-ahead log is cut back after a checkpoint, so that one burst does not keep the disk for ever. */
const JOURNAL_KEPT_BYTES = 64 * 1024 * 1024;
/** Pages of write-ahead log between checkpoints: the same pages change in every commit, so a longer log copies each of them less often. */
const PAGES_PER_CHECKPOINT = 8_000;

/**
 * Opens a SQLite file (owner-only) in WAL mode with the project's pragmas; every integer it returns is a bigint.
 * @throws unavailable when another process holds the file; overloaded when the disk is full.
 */
export function openSqlite(file: string, options: SqliteFileOptions = {}): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, {
      readBigInts: true,
      timeout: options.busyTimeoutMs ?? 5_000,
      enableForeignKeyConstraints: true,
    });
    if (file !== ":memory:") chmodSync(file, 0o600);
    database.exec(pragmas(options));
    // Takes the lock now rather than at the first write, so that a second process is refused at start.
    if (options.exclusive) database.exec("BEGIN IMMEDIATE; COMMIT;");
    return database;
  } catch (error) {
    database?.close();
    throw fromSqliteError(error, file);
  }
}

/** Bytes of the file that hold data, free pages not counted. */
export function sqliteUsedBytes(database: DatabaseSync): number {
  return usedBytesReader(database)();
}

/** The same, for those who ask again and again: preparing the questions costs more than the answers. */
export function usedBytesReader(database: DatabaseSync): () => number {
  const pages = database.prepare("SELECT * FROM pragma_page_count, pragma_freelist_count");
  return () => {
    const counts = pages.get();
    return (Number(counts?.["page_count"] ?? 0) - Number(counts?.["freelist_count"] ?? 0)) * PAGE_BYTES;
  };
}

function pragmas(options: SqliteFileOptions): string {
  const lines = [
    `PRAGMA page_size = ${PAGE_BYTES}`,
    ...(options.exclusive ? ["PRAGMA locking_mode = EXCLUSIVE"] : []),
    "PRAGMA journal_mode = WAL",
    `PRAGMA synchronous = ${options.durability === "power" ? "FULL" : "NORMAL"}`,
    `PRAGMA journal_size_limit = ${JOURNAL_KEPT_BYTES}`,
    `PRAGMA wal_autocheckpoint = ${PAGES_PER_CHECKPOINT}`,
    "PRAGMA temp_store = MEMORY",
    "PRAGMA trusted_schema = OFF",
  ];
  if (options.maxBytes !== undefined) {
    lines.push(`PRAGMA max_page_count = ${Math.max(16, Math.floor(options.maxBytes / PAGE_BYTES))}`);
  }
  return `${lines.join("; ")};`;
}
