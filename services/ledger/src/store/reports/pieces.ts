import { sql } from "kysely";
import type { LedgerDatabase } from "../database.ts";

/** A span of attempts' starts in epoch milliseconds, the end exclusive. */
export interface Span {
  readonly fromMs: bigint;
  readonly toMs: bigint;
}

/** A part of a tenant's postings that is read at once. */
export interface Piece extends Span {
  readonly tenant: string;
  /** Time zone of the tenant; empty means UTC. */
  readonly zone: string;
  /** Number of the last posting there was when the reading began: what comes later is not part of it. */
  readonly last: bigint;
}

/** SQLite reads within this process, which does nothing else meanwhile; PostgreSQL does not mind. */
const POSTINGS_AT_ONCE = { sqlite: 4_000, postgres: 50_000 } as const;

/**
 * Cuts a span into parts of a few thousand postings, tenant by tenant in the order of starts, that together are exactly what was there
 * when it began. Attempts that started in the same millisecond are in the same piece. `most` is how many postings a piece should have.
 */
export async function* piecesOf(
  database: LedgerDatabase,
  tenant: string | undefined,
  { fromMs, toMs }: Span,
  most?: number,
): AsyncGenerator<Piece, void> {
  const { db, kind } = database;
  const skip = most ?? POSTINGS_AT_ONCE[kind];
  const { postings: last } = await db
    .selectFrom("totals")
    .select("postings")
    .where("id", "=", 1n)
    .executeTakeFirstOrThrow();
  for (const { name, zone } of await tenantsOf(database, tenant)) {
    let from = fromMs;
    while (from < toMs) {
      const end = (await startAfter(database, { tenant: name, from, to: toMs, skip })) ?? toMs;
      const piece = end > from ? end : from + 1n;
      yield { tenant: name, zone, fromMs: from, toMs: piece, last };
      from = piece;
    }
  }
}

/** Tenants in the books, with their time zones. One look for each, whatever the number of their accounts. */
async function tenantsOf(
  { db }: LedgerDatabase,
  wanted: string | undefined,
): Promise<readonly { readonly name: string; readonly zone: string }[]> {
  const zones = await db.selectFrom("tenants").selectAll().execute();
  const zoneOf = new Map(zones.map(({ tenant, time_zone: zone }) => [tenant, zone]));
  if (wanted !== undefined) return [{ name: wanted, zone: zoneOf.get(wanted) ?? "" }];
  const found: { readonly name: string; readonly zone: string }[] = [];
  for (let last = ""; ; ) {
    const next = await db
      .selectFrom("balances")
      .where("tenant", ">", last)
      .select((row) => row.fn.min("tenant").as("name"))
      .executeTakeFirst();
    if (next === undefined || next.name === null) return found;
    found.push({ name: next.name, zone: zoneOf.get(next.name) ?? "" });
    last = next.name;
  }
}

interface Skip {
  readonly tenant: string;
  readonly from: bigint;
  readonly to: bigint;
  readonly skip: number;
}

/** Start of the posting that comes `skip` postings later; undefined if there are not so many. */
async function startAfter({ db }: LedgerDatabase, { tenant, from, to, skip }: Skip): Promise<bigint | undefined> {
  const query = sql<{ at: bigint }>`select started_at_ms as at from postings
    where tenant = ${tenant} and started_at_ms >= ${from} and started_at_ms < ${to}
    order by started_at_ms limit 1 offset ${BigInt(skip)}`;
  return (await query.execute(db)).rows[0]?.at;
}
