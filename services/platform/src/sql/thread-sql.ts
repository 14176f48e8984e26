import { CompiledQuery, type ControlledTransaction, type Kysely } from "kysely";
import { SluiceError } from "../errors/index.ts";
import type { SqlAnswer, SqlQuestion } from "./thread-questions.ts";

/**
 * Serves a database to `threadDialect` on another thread. What this thread itself does with the database waits for a transaction
 * from over there, and the other way round.
 */
export class ThreadSql<Schema> {
  readonly #db: Kysely<Schema>;
  #transaction: ControlledTransaction<Schema> | undefined;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** @throws what the database says; internal for questions about a transaction that was not begun */
  async answer(question: SqlQuestion): Promise<SqlAnswer | undefined> {
    switch (question.sql) {
      case "run": {
        const on = question.inTransaction ? this.#begun() : this.#db;
        const result = await on.executeQuery(CompiledQuery.raw(question.text, [...question.parameters]));
        return { rows: result.rows, changed: result.numAffectedRows };
      }
      case "begin":
        this.#transaction = await this.#db.startTransaction().execute();
        return undefined;
      case "commit":
        // One that fails stays open, and is rolled back by whoever began it.
        await this.#begun().commit().execute();
        this.#transaction = undefined;
        return undefined;
      case "rollback": {
        const transaction = this.#begun();
        this.#transaction = undefined;
        await transaction.rollback().execute();
        return undefined;
      }
    }
  }

  #begun(): ControlledTransaction<Schema> {
    if (this.#transaction !== undefined) return this.#transaction;
    throw new SluiceError("internal", "No transaction has been begun.");
  }
}
