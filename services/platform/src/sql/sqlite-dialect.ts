import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { type SqliteDatabase, SqliteDialect, type SqliteStatement } from "kysely";
import { checkParameter } from "./parameters.ts";
import { fromSqliteError } from "./sql-errors.ts";

/** Prepared statements kept per connection; Kysely repeats the same texts, and preparing costs more than running. */
const STATEMENTS_KEPT = 256;
/** SQLite ends a transaction by itself when the disk is full or fails; to roll it back again is no failure that may hide the first. */
const ROLLBACK = "rollback";
const CHANGES_SCHEMA = /^\s*(create|alter|drop|reindex|vacuum|pragma|attach|detach)\b/i;

/** Kysely's SQLite dialect over node:sqlite; failures with a remedy come out as SluiceErrors naming `file`. */
export function sqliteDialect(database: DatabaseSync, file: string): SqliteDialect {
  return new SqliteDialect({ database: new NodeSqlite(database, file) });
}

class NodeSqlite implements SqliteDatabase {
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #statements = new Map<string, NodeSqliteStatement>();

  constructor(database: DatabaseSync, file: string) {
    this.#database = database;
    this.#file = file;
  }

  close(): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  prepare(text: string): SqliteStatement {
    const known = this.#statements.get(text);
    if (known) return known;
    const statement = new NodeSqliteStatement(this.#database, text, this.#file);
    if (CHANGES_SCHEMA.test(text)) {
      this.#statements.clear();
      return statement;
    }
    if (this.#statements.size >= STATEMENTS_KEPT) {
      const oldest = this.#statements.keys().next();
      if (!oldest.done) this.#statements.delete(oldest.value);
    }
    this.#statements.set(text, statement);
    return statement;
  }
}

class NodeSqliteStatement implements SqliteStatement {
  readonly reader: boolean;
  readonly #database: DatabaseSync;
  readonly #text: string;
  readonly #file: string;
  readonly #statement: StatementSync;

  constructor(database: DatabaseSync, text: string, file: string) {
    this.#database = database;
    this.#text = text;
    this.#file = file;
    this.#statement = this.#guard(() => database.prepare(text));
    this.reader = this.#statement.columns().length > 0;
  }

  all(parameters: readonly unknown[]): unknown[] {
    return this.#guard(() => this.#statement.all(...bindable(parameters)));
  }

  run(parameters: readonly unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint } {
    if (this.#text === ROLLBACK && !this.#database.isTransaction) return { changes: 0n, lastInsertRowid: 0n };
    return this.#guard(() => this.#statement.run(...bindable(parameters)));
  }

  iterate(parameters: readonly unknown[]): IterableIterator<unknown> {
    // A cursor stays open between steps, so it must not share the cached statement.
    return this.#guard(() => this.#database.prepare(this.#text).iterate(...bindable(parameters)));
  }

  #guard<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw fromSqliteError(error, this.#file);
    }
  }
}

function bindable(parameters: readonly unknown[]): SQLInputValue[] {
  const bound: SQLInputValue[] = [];
  for (let index = 0; index < parameters.length; index++) {
    const value = checkParameter(parameters[index], index);
    bound.push(typeof value === "boolean" ? BigInt(value) : value);
  }
  return bound;
}
