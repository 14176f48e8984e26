import { type Kysely, type RawBuilder, sql } from "kysely";
import type { LedgerSchema } from "./schema.ts";

/** Which sums: those that follow the newest entries, or those of the pass that goes through all entries again. */
export type Pass = 1n | 2n;

/** On SQLite the process does nothing else meanwhile: some milliseconds. */
const POSTINGS_AT_ONCE = 1_000n;

/** How far sums go after a step. */
export interface Step {
  /** Last posting in the sums. */
  readonly sequence: bigint;
  /** False if the entries of the step do not sum to zero. */
  readonly zero: boolean;
}

/** How far the sums of a pass go. */
export async function progressOf(db: Kysely<LedgerSchema>, pass: Pass): Promise<bigint> {
  const query = db.selectFrom("check_progress").select("sequence").where("pass", "=", pass);
  return (await query.executeTakeFirstOrThrow()).sequence;
}

/** The same, and until the transaction ends no other process changes the sums of the pass. */
export async function lockProgress(db: Kysely<LedgerSchema>, pass: Pass): Promise<bigint> {
  const locked = db.updateTable("check_progress").set((row) => ({ sequence: row.ref("sequence") }));
  return (await locked.where("pass", "=", pass).returning("sequence").executeTakeFirstOrThrow()).sequence;
}

/** The newest posting. */
export async function lastPosting(db: Kysely<LedgerSchema>): Promise<bigint> {
  const row = await db.selectFrom("totals").select("postings").where("id", "=", 1n).executeTakeFirstOrThrow();
  return row.postings;
}

/**
 * Adds the next entries to the sums of a pass, at most up to the posting `goal`; within a transaction. Undefined if another process was
 * faster: then nothing is added.
 */
export async function addEntries(db: Kysely<LedgerSchema>, pass: Pass, goal: bigint): Promise<Step | undefined> {
  const from = await progressOf(db, pass);
  const to = from + POSTINGS_AT_ONCE < goal ? from + POSTINGS_AT_ONCE : goal;
  if (to <= from) return { sequence: from, zero: true };
  const moved = await db
    .updateTable("check_progress")
    .set({ sequence: to })
    .where("pass", "=", pass)
    .where("sequence", "=", from)
    .executeTakeFirst();
  if (moved.numUpdatedRows === 0n) return undefined;
  const { rows } = await sql<AmountsRow>`select ${SUMS} from entries
    where sequence > ${from} and sequence <= ${to}`.execute(db);
  await sql`insert into check_sums (pass, tenant, account, nanousd, input_tokens, output_tokens)
    select ${sql.lit(Number(pass))}, tenant, account, ${SUMS} from entries
    where sequence > ${from} and sequence <= ${to} group by tenant, account
    on conflict (pass, tenant, account) do update set nanousd = check_sums.nanousd + excluded.nanousd,
      input_tokens = check_sums.input_tokens + excluded.input_tokens,
      output_tokens = check_sums.output_tokens + excluded.output_tokens`.execute(db);
  return { sequence: to, zero: rows.every((row) => AMOUNT_NAMES.every((name) => (row[name] ?? 0n) === 0n)) };
}

/** Forgets the sums of a pass, so that it begins anew. */
export async function beginAnew(db: Kysely<LedgerSchema>, pass: Pass): Promise<void> {
  // The progress first: it waits for whoever is adding to the sums, so that these are forgotten too.
  await db.updateTable("check_progress").set({ sequence: 0n }).where("pass", "=", pass).execute();
  await db.deleteFrom("check_sums").where("pass", "=", pass).execute();
}

/** An account's name in the order of pages; the empty one is before all. */
export interface PageStart {
  readonly tenant: string;
  readonly account: string;
}

/** The next accounts after one. */
export interface Page {
  readonly pass: Pass;
  readonly table: Compared;
  readonly after: PageStart;
  readonly accounts: number;
}

export interface ComparedPage {
  /** Accounts that do not agree, as tenant and account. */
  readonly differing: readonly string[];
  /** Last account of the page; undefined if it was the last page. */
  readonly last: PageStart | undefined;
}

/** What sums are compared with, by name of its table. */
type Compared = "balances" | "rollups";

/**
 * Compares sums of entries with balances, or with the sums of days and those with the spans they consist of, for the next accounts after one;
 * while the books are still and the sums go to their end.
 */
export async function comparePage(
  db: Kysely<LedgerSchema>,
  { pass, table, after, accounts }: Page,
): Promise<ComparedPage> {
  const last = await db
    .selectFrom("balances")
    .select(["tenant", "account"])
    .where(sql<boolean>`(tenant, account) > (${after.tenant}, ${after.account})`)
    .orderBy("tenant")
    .orderBy("account")
    .offset(accounts - 1)
    .limit(1)
    .executeTakeFirst();
  const lower = sql`(tenant, account) > (${after.tenant}, ${after.account})`;
  const range = last === undefined ? lower : sql`${lower} and (tenant, account) <= (${last.tenant}, ${last.account})`;
  const rows =
    table === "balances"
      ? await differing(db, { pass, range, own: sql``, others: sql`balances where ${range}` })
      : [
          // The provider's side has no days: it is the sum of all others.
          ...(await differing(db, {
            pass,
            range,
            own: sql`and account not like 'provider:%'`,
            others: sql`rollups where ${range} and span = 96`,
          })),
          ...(await unlikeParts(db, range, { whole: 96, part: 12 })),
          ...(await unlikeParts(db, range, { whole: 12, part: 1 })),
        ];
  return { differing: [...new Set(rows.map(({ tenant, account }) => `${tenant} ${account}`))], last };
}

interface Sides {
  readonly pass: Pass;
  /** Condition that is true for the accounts of the page. */
  readonly range: RawBuilder<unknown>;
  /** Further condition for the sums of entries. */
  readonly own: RawBuilder<unknown>;
  /** Table and condition of what they are compared with. */
  readonly others: RawBuilder<unknown>;
}

async function differing(db: Kysely<LedgerSchema>, { pass, range, own, others }: Sides): Promise<readonly PageStart[]> {
  const { rows } = await sql<PageStart>`select tenant, account from (
      select tenant, account, nanousd, input_tokens, output_tokens from check_sums
        where pass = ${sql.lit(Number(pass))} and ${range} ${own}
      union all
      select tenant, account, -nanousd, -input_tokens, -output_tokens from ${others}
    ) as sides group by tenant, account having ${NOT_ZERO} order by tenant, account`.execute(db);
  return rows;
}

/** Accounts with a span (in quarter hours) that is not the sum of the shorter ones in it. */
async function unlikeParts(
  db: Kysely<LedgerSchema>,
  range: RawBuilder<unknown>,
  { whole, part }: { readonly whole: number; readonly part: number },
): Promise<readonly PageStart[]> {
  const { rows } = await sql<PageStart>`select distinct tenant, account from (
      select tenant, account, slot as at, nanousd, input_tokens, output_tokens from rollups
        where ${range} and span = ${sql.lit(whole)}
      union all
      select tenant, account, slot / ${sql.lit(whole / part)}, -nanousd, -input_tokens, -output_tokens from rollups
        where ${range} and span = ${sql.lit(part)}
    ) as sides group by tenant, account, at having ${NOT_ZERO} order by tenant, account`.execute(db);
  return rows;
}

const AMOUNT_NAMES = ["nanousd", "input_tokens", "output_tokens"] as const;
type AmountsRow = Readonly<Record<(typeof AMOUNT_NAMES)[number], bigint | null>>;

const SUMS = sql.raw(AMOUNT_NAMES.map((name) => `cast(sum(${name}) as bigint) as ${name}`).join(", "));
const NOT_ZERO = sql.raw(AMOUNT_NAMES.map((name) => `sum(${name}) <> 0`).join(" or "));
