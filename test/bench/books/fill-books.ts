import { setTimeout } from "node:timers/promises";
import { newId } from "@sluice/platform/ids";
import type { OpenDatabase } from "@sluice/platform/sql";
import { Usage } from "@sluice/proto/common/v1/usage";
import { sql } from "kysely";
import type { AccountRef } from "../../../services/ledger/src/accounts.ts";
import { KnownTimeZones } from "../../../services/ledger/src/holds/windows.ts";
import type { Fact } from "../../../services/ledger/src/postings.ts";
import { applyFacts } from "../../../services/ledger/src/store/apply.ts";
import { BalanceCheck } from "../../../services/ledger/src/store/balance-check.ts";
import { Budgets } from "../../../services/ledger/src/store/budgets.ts";
import { Months, monthOf } from "../../../services/ledger/src/store/months.ts";
import type { LedgerSchema } from "../../../services/ledger/src/store/schema.ts";
import { tagsText, usageText } from "../../../services/ledger/src/store/texts.ts";
import { Turns } from "../../../services/ledger/src/turns.ts";

export const TENANT = "acme";
export const ORG: AccountRef = { kind: "org", id: TENANT };
export const DAY_MS = 86_400_000;
/** Each one posting and four entries. */
export const ATTEMPTS_A_DAY = 2_500;
const KEYS = 1_000;
const BATCH = 250;
const ENDS_AFTER_MS = 900;
const USAGE = usageText(Usage.fromPartial({ inputTokens: 60n, cachedInputTokens: 40n, outputTokens: 400n }));
const TAGS = tagsText({ feature: "search", env: "prod" });

type Books = OpenDatabase<LedgerSchema>;

/**
 * Fills empty books with days that end at `end` (epoch milliseconds): the ledger itself books the first one, the others are copies of its rows that
 * the database makes, each a day later, so that every table is what the ledger would have written.
 */
export async function fillBooks(
  database: Books,
  { days, end }: { readonly days: number; readonly end: number },
): Promise<void> {
  await bookDay(database, end - days * DAY_MS);
  if (days > 1) await copyDay(database, { days, end });
  await sql.raw(database.kind === "sqlite" ? "pragma wal_checkpoint(truncate)" : "vacuum analyze").execute(database.db);
}

/** Runs the ledger's self-check until it has seen everything; @throws Error if anything does not agree */
export async function proveBooks(database: Books): Promise<void> {
  const check = new BalanceCheck(database, new Turns());
  // The sums of quarter hours are proved a thousand accounts at a time.
  for (let runs = 0; runs < Math.ceil(KEYS / 1_000) + 1; ) {
    const { differing, zero, behind } = await check.run();
    if (differing.length > 0 || !zero) throw new Error(`The books are wrong: ${differing.slice(0, 5).join(", ")}`);
    if (behind === 0n) runs++;
    await setTimeout(0);
  }
}

async function bookDay(database: Books, start: number): Promise<void> {
  const { db } = database;
  const budgets = new Budgets(database, [80, 100], new KnownTimeZones());
  const books = { database, budgets, months: new Months(database) };
  for (let first = 0; first < ATTEMPTS_A_DAY; first += BATCH) {
    const facts = Array.from({ length: BATCH }, (_, index) => factOf(first + index, start));
    const { outboxId } = await applyFacts(books, facts);
    if (outboxId !== undefined) await db.deleteFrom("outbox").where("id", "=", outboxId).execute();
    const outcomes = facts.map(({ attemptId: attempt_id, requestId: request_id, at }) => {
      const ended = { outcome: "delivered", verdict: "pass", finished_at_ms: BigInt(at), final: 1n };
      return { tenant: TENANT, request_id, attempt_id, ...ended };
    });
    await db.insertInto("outcomes").values(outcomes).execute();
  }
}

/** Attempts of a day, evenly. */
function factOf(index: number, start: number): Fact {
  const startedAt = start + Math.floor((index * DAY_MS) / ATTEMPTS_A_DAY);
  const total = { nanousd: 1_000n, inputTokens: 100n, outputTokens: 400n };
  return {
    attemptId: newId("att", startedAt),
    requestId: newId("req", startedAt),
    tenant: TENANT,
    provider: "sim",
    model: `m${index % 20}`,
    priceId: `sim/m${index % 20}`,
    priceVersion: `sim/m${index % 20}@2026-01-01`,
    kind: "metered",
    total,
    billable: true,
    accounts: [ORG, { kind: "key", id: `key_${index % KEYS}` }],
    heldNanousd: total.nanousd,
    startedAt,
    usage: USAGE,
    task: "chat",
    tags: TAGS,
    at: startedAt + ENDS_AFTER_MS,
  };
}

/** Columns that are not copied as they are: what they are `d` days later. */
const LATER: Readonly<Record<string, string>> = {
  sequence: `sequence + d * ${ATTEMPTS_A_DAY}`,
  started_at_ms: `started_at_ms + d * ${DAY_MS}`,
  posted_at_ms: `posted_at_ms + d * ${DAY_MS}`,
  finished_at_ms: `finished_at_ms + d * ${DAY_MS}`,
  slot: "slot + d * (96 / span)",
  attempt_id: idLater("attempt_id"),
  request_id: idLater("request_id"),
};
/** The tables that are copied, and how a row tells when its attempt started. */
const COPIED = {
  attempts: "started_at_ms",
  postings: "started_at_ms",
  entries: "started_at_ms",
  outcomes: `finished_at_ms - ${ENDS_AFTER_MS}`,
  rollups: "0",
} as const;

async function copyDay(database: Books, { days, end }: { readonly days: number; readonly end: number }): Promise<void> {
  const { db } = database;
  const run = async (text: string): Promise<void> => void (await sql.raw(text).execute(db));
  const starts = Array.from({ length: days }, (_, day) => end - (day + 1) * DAY_MS);
  await new Months(database).ensure([...new Map(starts.map((start) => [monthOf(start), start])).values()]);
  for (const [table, started] of Object.entries(COPIED)) {
    await run(`create table first_day as select *, ${started} as started from ${table}`);
    const { rows } = await sql<Record<string, unknown>>`select * from first_day limit 1`.execute(db);
    const columns = Object.keys(rows[0] ?? {}).filter((name) => name !== "started");
    const values = columns.map((name) => LATER[name] ?? name).join(", ");
    const copy = sql.raw(`insert into ${table} (${columns.join(", ")}) select ${values} from first_day`);
    // Day by day, so that rows and indexes lie as they would have come.
    await db.transaction().execute(async (transaction) => {
      for (let day = 1; day < days; day++) {
        await sql`${copy}, (select cast(${BigInt(day)} as bigint) as d) as later`.execute(transaction);
      }
    });
    await run("drop table first_day");
  }
  await run(
    `update balances set nanousd = nanousd * ${days}, input_tokens = input_tokens * ${days}, output_tokens = output_tokens * ${days}`,
  );
  await run(`update totals set postings = postings * ${days}`);
}

/** An id begins with its moment, as `newId` makes it: nine characters of five bits. The random rest stays. */
function idLater(column: string): string {
  const moment = `(started + d * ${DAY_MS})`;
  const characters = [40, 35, 30, 25, 20, 15, 10, 5, 0].map((bits) => {
    return `substr('0123456789abcdefghjkmnpqrstvwxyz', cast((${moment} >> ${bits}) & 31 as integer) + 1, 1)`;
  });
  return `substr(${column}, 1, 4) || ${characters.join(" || ")} || substr(${column}, 14)`;
}
