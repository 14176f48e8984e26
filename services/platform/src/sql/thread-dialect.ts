import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import type { SqlAnswer, SqlQuestion } from "./thread-questions.ts";

/** Asks the thread that has the database. */
export type AskSql = (question: SqlQuestion) => Promise<unknown>;

/** Kysely's dialect for a SQLite database that another thread has open and serves with `ThreadSql`: statements and rows travel. */
export function threadDialect(ask: AskSql): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new ThreadDriver(ask),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** One connection, which Kysely gives to one at a time. */
class ThreadDriver implements Driver {
  readonly #ask: AskSql;
  readonly #connection: ThreadConnection;

  constructor(ask: AskSql) {
    this.#ask = ask;
    this.#connection = new ThreadConnection(ask);
  }

  async init(): Promise<void> {
    // The thread has the database open already.
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }

  async beginTransaction(): Promise<void> {
    await this.#ask({ sql: "begin" });
    this.#connection.inTransaction = true;
  }

  async commitTransaction(): Promise<void> {
    await this.#ask({ sql: "commit" });
    this.#connection.inTransaction = false;
  }

  async rollbackTransaction(): Promise<void> {
    this.#connection.inTransaction = false;
    await this.#ask({ sql: "rollback" });
  }

  async releaseConnection(): Promise<void> {
    // Nothing is taken by acquiring it.
  }

  async destroy(): Promise<void> {
    // The thread closes the database.
  }
}

class ThreadConnection implements DatabaseConnection {
  readonly #ask: AskSql;
  inTransaction = false;

  constructor(ask: AskSql) {
    this.#ask = ask;
  }

  async executeQuery<Row>({ sql: text, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { inTransaction } = this;
    const answer = (await this.#ask({ sql: "run", text, parameters, inTransaction })) as SqlAnswer;
    const rows = answer.rows as Row[];
    return answer.changed === undefined ? { rows } : { rows, numAffectedRows: answer.changed };
  }

  async *streamQuery<Row>(query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    yield await this.executeQuery<Row>(query);
  }
}
