import type { SqlKind } from "@sluice/platform/sql";
import { type Kysely, sql } from "kysely";
import type { LedgerDatabase } from "./database.ts";

/** Tables that are split by month on PostgreSQL. */
export const MONTHLY = ["postings", "entries"] as const;
type MonthlyTable = (typeof MONTHLY)[number];

/** Names the advisory lock under which one process at a time adds months ("SLMO" in ASCII). */
const MONTHS_LOCK = 1_397_509_455;

/** A calendar month in UTC, counted from January 1970. */
export function monthOf(ms: number): number {
  const date = new Date(ms);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}

/** The first millisecond of a month. */
export function monthStart(month: number): number {
  return Date.UTC(1970, month, 1);
}

/**
 * Makes room for the months in the tables that are split by month. Does nothing on SQLite, or for months that are there. May be called by
 * several processes at once.
 */
export async function createMonths<Schema>(
  { kind, db }: { readonly kind: SqlKind; readonly db: Kysely<Schema> },
  months: Iterable<number>,
): Promise<void> {
  if (kind !== "postgres") return;
  await sql`select pg_advisory_xact_lock(${sql.lit(MONTHS_LOCK)})`.execute(db);
  for (const month of months) {
    const from = sql.lit(monthStart(month));
    const to = sql.lit(monthStart(month + 1));
    for (const table of MONTHLY) {
      const name = sql.table(partitionName(table, month));
      await sql`create table if not exists ${name} partition of ${sql.table(table)} for values from (${from}) to (${to})`.execute(
        db,
      );
    }
  }
}

/** The months a ledger has made room for, so that it need not ask again for each batch. */
export class Months {
  readonly #database: LedgerDatabase;
  readonly #known = new Set<number>();

  constructor(database: LedgerDatabase) {
    this.#database = database;
  }

  /** Makes room for what began at these moments (epoch milliseconds). */
  async ensure(moments: readonly number[]): Promise<void> {
    if (this.#database.kind !== "postgres") return;
    const missing = new Set(moments.map(monthOf).filter((month) => !this.#known.has(month)));
    if (missing.size === 0) return;
    const { kind, db } = this.#database;
    await db.transaction().execute(async (transaction) => createMonths({ kind, db: transaction }, missing));
    for (const month of missing) this.#known.add(month);
  }

  /** Makes room for this month and the next, before they are needed. */
  async ensureAhead(now: number): Promise<void> {
    await this.ensure([now, monthStart(monthOf(now) + 1)]);
  }

  /** Rows that no month was made for: always zero unless somebody else has written. */
  async strays(): Promise<number> {
    if (this.#database.kind !== "postgres") return 0;
    const { rows } = await sql<{ rows: bigint }>`select (select count(*) from postings_other) +
      (select count(*) from entries_other) as rows`.execute(this.#database.db);
    return Number(rows[0]?.rows ?? 0n);
  }
}

function partitionName(table: MonthlyTable, month: number): string {
  const [year, of] = new Date(monthStart(month)).toISOString().split("-");
  return `${table}_${year}_${of}`;
}
