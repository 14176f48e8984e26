import { isSqlQuestion, openDatabase, ThreadSql } from "@sluice/platform/sql";
import type { ThreadService } from "@sluice/platform/thread";
import { KnownTimeZones } from "../holds/windows.ts";
import type { Fact } from "../postings.ts";
import { applyFacts, type Books } from "../store/apply.ts";
import { Budgets } from "../store/budgets.ts";
import type { LedgerDatabase } from "../store/database.ts";
import { migrations } from "../store/migrations.ts";
import { Months } from "../store/months.ts";
import { writeOutcomes } from "../store/outcomes.ts";
import type { LedgerSchema } from "../store/schema.ts";
import { StoredTimeZones } from "../store/time-zones.ts";
import type { BooksAnswer, BooksData, BooksQuestion } from "./questions.ts";

/** Opens the books on their thread: they answer to those who have something to write or to ask. */
export async function open(data: unknown): Promise<ThreadService> {
  const { database: options, percents } = data as BooksData;
  const database = await openDatabase<LedgerSchema>(options, migrations);
  const sql = new ThreadSql(database.db);
  const books = booksOf(database, percents);
  return {
    answer: async (question) => {
      const asked = question as BooksQuestion;
      if (isSqlQuestion(asked)) return await sql.answer(asked);
      return "facts" in asked ? await write(books, asked.facts) : await writeOutcomes(database, asked.outcomes);
    },
    close: () => database.close(),
  };
}

/** Limits and time zones are changed from elsewhere, in the same database. */
function booksOf(database: LedgerDatabase, percents: readonly number[]): Books {
  const zones = new KnownTimeZones();
  const timeZones = new StoredTimeZones(database, zones);
  const budgets = new Budgets(database, percents, zones);
  let seen: bigint | undefined;
  const follow = async (settings: bigint, db: LedgerDatabase["db"]): Promise<void> => {
    if (settings === seen) return;
    await budgets.load(db);
    await timeZones.load(db);
    seen = settings;
  };
  return { database, budgets, months: new Months(database), follow };
}

async function write(books: Books, facts: readonly Fact[]): Promise<BooksAnswer> {
  const { applied, outboxId, events, holdEpoch } = await applyFacts(books, facts);
  const decisions = applied.map(({ decision }) => (decision.first ? undefined : decision));
  return { decisions, outboxId, events, holdEpoch };
}
