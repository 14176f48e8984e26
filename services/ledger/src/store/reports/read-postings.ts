import { setImmediate as nextTurn } from "node:timers/promises";
import type { LedgerDatabase } from "../database.ts";
import type { PostingsTable } from "../schema.ts";
import { piecesOf, type Span } from "./pieces.ts";

export interface PeriodOptions extends Span {
  /** Undefined means all. */
  readonly tenant: string | undefined;
}

const ROWS_AT_ONCE = 1_000;

/**
 * Postings of attempts that started in a period: by tenant, then by the attempts' starts, then by number. What is posted while they are
 * read is not among them. Never more than a thousand are in memory.
 */
export async function* postingsOfPeriod(
  database: LedgerDatabase,
  options: PeriodOptions,
): AsyncGenerator<readonly PostingsTable[], void> {
  for await (const { tenant, fromMs, toMs, last } of piecesOf(database, options.tenant, options)) {
    let at = { startedAt: fromMs, sequence: 0n };
    for (;;) {
      const rows = await database.db
        .selectFrom("postings")
        .selectAll()
        .where("tenant", "=", tenant)
        .where("started_at_ms", ">=", at.startedAt)
        .where("started_at_ms", "<", toMs)
        .where("sequence", "<=", last)
        .where((row) => row.or([row("started_at_ms", ">", at.startedAt), row("sequence", ">", at.sequence)]))
        .orderBy("started_at_ms")
        .orderBy("sequence")
        .limit(ROWS_AT_ONCE)
        .execute();
      if (rows.length > 0) yield rows;
      const end = rows.at(-1);
      if (end === undefined || rows.length < ROWS_AT_ONCE) break;
      at = { startedAt: end.started_at_ms, sequence: end.sequence };
      await nextTurn();
    }
  }
}

/** Number of postings of a period, counted piece by piece, so that nothing waits for it. */
export async function countPostings(database: LedgerDatabase, options: PeriodOptions): Promise<bigint> {
  let count = 0n;
  for await (const { tenant, fromMs, toMs, last } of piecesOf(database, options.tenant, options)) {
    const { rows } = await database.db
      .selectFrom("postings")
      .where("tenant", "=", tenant)
      .where("started_at_ms", ">=", fromMs)
      .where("started_at_ms", "<", toMs)
      .where("sequence", "<=", last)
      .select((row) => row.fn.countAll<bigint>().as("rows"))
      .executeTakeFirstOrThrow();
    count += BigInt(rows);
    await nextTurn();
  }
  return count;
}
