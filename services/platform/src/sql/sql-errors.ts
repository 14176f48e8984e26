import { SluiceError } from "../errors/index.ts";

/** Primary SQLite result codes (https://www.sqlite.org/rescode.html). */
const SQLITE = { BUSY: 5, LOCKED: 6, IOERR: 10, CORRUPT: 11, FULL: 13, CANTOPEN: 14, NOTADB: 26 } as const;
const SQLITE_CONSTRAINT_UNIQUE = 2067;
const SQLITE_CONSTRAINT_PRIMARYKEY = 1555;

const POSTGRES_UNIQUE_VIOLATION = "23505";
const NETWORK_CODES = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EHOSTUNREACH"]);
/** 08 connection exception, 57P0 shutdown or restart, 53300 too many connections. */
const POSTGRES_AWAY = /^(08|57P0|53300)/;

/** Turns SQLite failures that have a remedy into a SluiceError that names the file; others pass unchanged. */
export function fromSqliteError(error: unknown, file: string): unknown {
  if (error instanceof SluiceError) return error;
  const code = (codeOf(error, "errcode") ?? 0) & 0xff;
  const options = { cause: error };
  if (code === SQLITE.FULL) {
    return new SluiceError(
      "overloaded",
      `No room left for ${file}: the disk or the file's configured bound is full. Free disk space or raise the bound.`,
      options,
    );
  }
  if (code === SQLITE.BUSY || code === SQLITE.LOCKED) {
    return new SluiceError("unavailable", `${file} is in use by another process; stop that process first.`, options);
  }
  if (code === SQLITE.CANTOPEN) {
    return new SluiceError(
      "unavailable",
      `${file} cannot be opened: check that its folder exists and is writable.`,
      options,
    );
  }
  if (code === SQLITE.CORRUPT || code === SQLITE.NOTADB) {
    return new SluiceError("internal", `${file} is damaged or not a SQLite file: restore it from a backup.`, options);
  }
  if (code === SQLITE.IOERR) {
    return new SluiceError("overloaded", `Reading or writing ${file} failed: check the disk.`, options);
  }
  return error;
}

/** Turns PostgreSQL failures that have a remedy into a SluiceError; others (constraints, syntax) pass unchanged. */
export function fromPostgresError(error: unknown, where: string): unknown {
  if (error instanceof SluiceError) return error;
  const code = textCodeOf(error);
  const options = { cause: error };
  if (code === "53100") {
    return new SluiceError(
      "overloaded",
      `PostgreSQL at ${where} has no disk space left. Free space on its disk.`,
      options,
    );
  }
  if (code === "57014") {
    return new SluiceError("timeout", `A statement on PostgreSQL at ${where} ran longer than its limit.`, options);
  }
  if (code === "28P01" || code === "28000") {
    return new SluiceError("unavailable", `PostgreSQL at ${where} refused the user or password.`, options);
  }
  const text = error instanceof Error ? error.message : "";
  if (NETWORK_CODES.has(code) || POSTGRES_AWAY.test(code) || /connection terminated|timeout exceeded/i.test(text)) {
    return new SluiceError("unavailable", `PostgreSQL at ${where} cannot be reached: ${text || code}`, options);
  }
  return error;
}

/** True if a statement failed because a row with the same unique key exists, on either database. */
export function isUniqueViolation(error: unknown): boolean {
  const code = codeOf(error, "errcode");
  if (code === SQLITE_CONSTRAINT_UNIQUE || code === SQLITE_CONSTRAINT_PRIMARYKEY) return true;
  return textCodeOf(error) === POSTGRES_UNIQUE_VIOLATION;
}

function codeOf(error: unknown, key: string): number | undefined {
  const value: unknown = typeof error === "object" && error !== null ? Reflect.get(error, key) : undefined;
  return typeof value === "number" ? value : undefined;
}

function textCodeOf(error: unknown): string {
  const value: unknown = typeof error === "object" && error !== null ? Reflect.get(error, "code") : undefined;
  return typeof value === "string" ? value : "";
}
