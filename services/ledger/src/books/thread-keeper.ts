import { type SqliteDatabaseOptions, threadDialect } from "@sluice/platform/sql";
import { Thread } from "@sluice/platform/thread";
import { Kysely } from "kysely";
import { decide, type Fact } from "../postings.ts";
import type { AppliedBatch } from "../store/apply.ts";
import { type Applied, endingOf } from "../store/batch.ts";
import type { LedgerDatabase } from "../store/database.ts";
import type { LedgerSchema, OutcomesTable } from "../store/schema.ts";
import type { BookKeeper } from "./keeper.ts";
import type { BooksAnswer, BooksData, BooksQuestion } from "./questions.ts";

const ENTRY = new URL("./thread-books.ts", import.meta.url);

/**
 * Books in a file of this process, on a thread of their own: who answers requests waits neither for SQLite nor for what is computed and
 * printed for it. The database is used from here as any other; its statements run over there.
 */
export class ThreadKeeper implements BookKeeper {
  readonly #thread: Thread;
  readonly database: LedgerDatabase;

  private constructor(thread: Thread) {
    this.#thread = thread;
    const dialect = threadDialect((question) => thread.ask(question));
    this.database = { kind: "sqlite", db: new Kysely<LedgerSchema>({ dialect }) };
  }

  /** Opens and migrates the books. @throws as `openDatabase` does */
  static async start(database: SqliteDatabaseOptions, percents: readonly number[]): Promise<ThreadKeeper> {
    const data: BooksData = { database, percents };
    return new ThreadKeeper(await Thread.start({ name: "the books", entry: ENTRY, data }));
  }

  async apply(facts: readonly Fact[]): Promise<AppliedBatch> {
    const question: BooksQuestion = { facts };
    const { decisions, ...batch } = (await this.#thread.ask(question)) as BooksAnswer;
    const applied = facts.map((fact, index): Applied => {
      return { fact, decision: decisions[index] ?? decide(undefined, fact), ending: endingOf(fact) };
    });
    return { applied, ...batch };
  }

  async noteOutcomes(outcomes: readonly OutcomesTable[]): Promise<void> {
    const question: BooksQuestion = { outcomes };
    await this.#thread.ask(question);
  }

  /** Closes the books, after what was asked so far. */
  async stop(): Promise<void> {
    await this.#thread.stop();
  }
}
