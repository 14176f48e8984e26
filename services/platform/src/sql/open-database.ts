import { Kysely } from "kysely";
import type { Pool } from "pg";
import { type Migrations, migrate } from "./migrate.ts";
import { openPostgresPool, type PostgresPoolOptions, postgresDialect } from "./postgres-dialect.ts";
import { fromPostgresError, fromSqliteError } from "./sql-errors.ts";
import { sqliteDialect } from "./sqlite-dialect.ts";
import { openSqlite, type SqliteFileOptions } from "./sqlite-file.ts";

export type SqlKind = "sqlite" | "postgres";

export interface SqliteDatabaseOptions extends SqliteFileOptions {
  readonly kind: "sqlite";
  readonly file: string;
}

export interface PostgresDatabaseOptions extends PostgresPoolOptions {
  readonly kind: "postgres";
}

export type DatabaseOptions = SqliteDatabaseOptions | PostgresDatabaseOptions;

/** An open, migrated database. Integers come back as bigint on both kinds. */
export interface OpenDatabase<Schema> {
  readonly kind: SqlKind;
  readonly db: Kysely<Schema>;
  close(): Promise<void>;
}

/** Key of the advisory lock under which one process at a time creates and migrates a schema ("SLUICE" in ASCII). */
const MIGRATION_LOCK_KEY = "91639613146949";

/**
 * Opens a database and migrates it; safe when several processes start at once on PostgreSQL.
 * @throws unavailable when it cannot be reached or is locked, internal when it is newer than the program,
 * overloaded when the disk is full.
 */
export async function openDatabase<Schema>(
  options: DatabaseOptions,
  migrations: Migrations,
): Promise<OpenDatabase<Schema>> {
  if (options.kind === "postgres") return openPostgres(options, migrations);
  // SQLite waits for locks without yielding, so within one process files are migrated one after the other.
  const opened = sqliteTurn.then(() => openSqliteDatabase<Schema>(options, migrations));
  sqliteTurn = opened.catch(() => undefined);
  return opened;
}

let sqliteTurn: Promise<unknown> = Promise.resolve();

async function openSqliteDatabase<Schema>(
  options: SqliteDatabaseOptions,
  migrations: Migrations,
): Promise<OpenDatabase<Schema>> {
  const database = openSqlite(options.file, options);
  const db = new Kysely<Schema>({ dialect: sqliteDialect(database, options.file) });
  const close = async (): Promise<void> => {
    await db.destroy();
    if (database.isOpen) database.close();
  };
  try {
    // Kysely runs SQLite migrations without a transaction; with this one a failed migration leaves nothing behind.
    database.exec("BEGIN IMMEDIATE");
    await migrate(db, migrations, { where: options.file });
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    await close();
    throw fromSqliteError(error, options.file);
  }
  return { kind: "sqlite", db, close };
}

async function openPostgres<Schema>(
  options: PostgresDatabaseOptions,
  migrations: Migrations,
): Promise<OpenDatabase<Schema>> {
  const { host, port, database } = options.connection;
  const where = `${host}:${port}/${database}`;
  const pool = await openPostgresPool(options);
  const db = new Kysely<Schema>({ dialect: postgresDialect(pool, where) });
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    // Kysely ends the pool only if it has run a query through it.
    await db.destroy();
    if (!pool.ended) await pool.end();
  };
  try {
    await underMigrationLock(options, where, async (locked) => {
      await locked.query(`create schema if not exists ${options.schema}`);
      await migrate(db, migrations, { where: `${where} schema ${options.schema}`, schema: options.schema });
    });
  } catch (error) {
    await close();
    throw fromPostgresError(error, where);
  }
  return { kind: "postgres", db, close };
}

/** Holds the lock on a connection of its own, so that a pool of one can migrate; waits without a statement limit. */
async function underMigrationLock(
  options: PostgresDatabaseOptions,
  where: string,
  run: (locked: Pool) => Promise<void>,
): Promise<void> {
  const single = await openPostgresPool({ ...options, poolSize: 1, statementTimeoutMs: 0 });
  try {
    await single.query(`select pg_advisory_lock(${MIGRATION_LOCK_KEY})`);
    // Ending the connection releases the lock, also when this process dies.
    await run(single);
  } catch (error) {
    throw fromPostgresError(error, where);
  } finally {
    await single.end();
  }
}
