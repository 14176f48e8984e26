import type { OutgoingEvent } from "@sluice/platform/bus";
import type { Kysely } from "kysely";
import { accountKey, accountOfKey } from "../accounts.ts";
import { type Amounts, NOTHING, plus } from "../amounts.ts";
import { type AttemptRecord, chainText, type Fact } from "../postings.ts";
import { type Applied, Batch } from "./batch.ts";
import type { AccountWindow, BalanceChange, Budgets } from "./budgets.ts";
import { type BulkValue, bulkInsert, textList } from "./bulk.ts";
import type { LedgerDatabase } from "./database.ts";
import { crossedEvent, eventsToText } from "./events.ts";
import type { Months } from "./months.ts";
import { chargedWindows, SLOT_MS, writeRollups } from "./rollups.ts";
import type { LedgerSchema } from "./schema.ts";

/** What writing to the books needs. */
export interface Books {
  readonly database: LedgerDatabase;
  readonly budgets: Budgets;
  readonly months: Months;
}

export interface AppliedBatch {
  readonly applied: readonly Applied[];
  /** Row of the outbox that keeps `events` until the bus has them; undefined if there are none. */
  readonly outboxId: bigint | undefined;
  readonly events: readonly OutgoingEvent[];
}

const ATTEMPT_COLUMNS = {
  attempt_id: "text",
  tenant: "text",
  accounts: "text",
  kind: "text",
  nanousd: "bigint",
  input_tokens: "bigint",
  output_tokens: "bigint",
  overrun: "bigint",
  started_at_ms: "bigint",
  price_id: "text",
  price_version: "text",
} as const;
const POSTING_COLUMNS = {
  sequence: "bigint",
  attempt_id: "text",
  request_id: "text",
  tenant: "text",
  provider: "text",
  model: "text",
  price_version: "text",
  kind: "text",
  overrun: "bigint",
  nanousd: "bigint",
  input_tokens: "bigint",
  output_tokens: "bigint",
  posted_at_ms: "bigint",
  started_at_ms: "bigint",
  price_id: "text",
  accounts: "text",
  usage: "text",
  task: "text",
  tags: "text",
} as const;
const BALANCE_COLUMNS = {
  tenant: "text",
  account: "text",
  nanousd: "bigint",
  input_tokens: "bigint",
  output_tokens: "bigint",
} as const;
const ENTRY_COLUMNS = { sequence: "bigint", line: "bigint", ...BALANCE_COLUMNS, started_at_ms: "bigint" } as const;

const REPLACE_ATTEMPT = `on conflict (attempt_id) do update set kind = excluded.kind, nanousd = excluded.nanousd,
  input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens, overrun = excluded.overrun,
  price_id = excluded.price_id, price_version = excluded.price_version`;
const ADD_TO_BALANCE = `on conflict (tenant, account) do update set nanousd = balances.nanousd + excluded.nanousd,
  input_tokens = balances.input_tokens + excluded.input_tokens,
  output_tokens = balances.output_tokens + excluded.output_tokens returning *`;

/**
 * Applies facts in order in one transaction: attempts, postings, entries, balances, and the events that tell of it. Facts
 * the ledger has applied before change nothing.
 */
export async function applyFacts(books: Books, facts: readonly Fact[]): Promise<AppliedBatch> {
  const { database, budgets, months } = books;
  await months.ensure(facts.map(({ startedAt }) => startedAt));
  return await database.db.transaction().execute(async (db) => {
    // The lock first: what a second writer reads below must include what the first one wrote.
    const { postings, outbox } = await takeTurn(db);
    const known = await knownAttempts(
      { kind: database.kind, db },
      facts.map((fact) => fact.attemptId),
    );
    const batch = new Batch(facts, known, postings);
    if (batch.records.size === 0) return { applied: batch.applied, outboxId: undefined, events: [] };
    const changes = await writeBatch({ ...database, db }, batch);
    const at = facts[0]?.at ?? 0;
    const all = [...changes, ...(await windowChanges({ kind: database.kind, db }, budgets, batch))];
    const events = [...batch.events, ...budgets.crossings(all, at).map(crossedEvent)];
    if (events.length > 0) {
      await db
        .insertInto("outbox")
        .values({ id: outbox, events: eventsToText(events) })
        .execute();
    }
    return { applied: batch.applied, outboxId: events.length > 0 ? outbox : undefined, events };
  });
}

/** What the ledger has on record about attempts. */
export async function knownAttempts(
  { kind, db }: Pick<LedgerDatabase, "kind" | "db">,
  ids: readonly string[],
): Promise<ReadonlyMap<string, AttemptRecord>> {
  if (ids.length === 0) return new Map();
  const rows = await db.selectFrom("attempts").selectAll().where("attempt_id", "in", textList(kind, ids)).execute();
  return new Map(
    rows.map((row): [string, AttemptRecord] => {
      const net = { nanousd: row.nanousd, inputTokens: row.input_tokens, outputTokens: row.output_tokens };
      const accounts = (JSON.parse(row.accounts) as string[]).map(accountOfKey);
      const posted = row.kind === "estimated" ? "estimated" : "metered";
      const startedAt = Number(row.started_at_ms);
      return [row.attempt_id, { kind: posted, net, accounts, overrun: row.overrun === 1n, startedAt }];
    }),
  );
}

/** Waits for the turn to write (one writer at a time, until its transaction ends); returns the last posting and an id for an outbox row. */
export async function takeTurn(
  db: Kysely<LedgerSchema>,
): Promise<{ readonly postings: bigint; readonly outbox: bigint }> {
  const update = db.updateTable("totals").set((row) => ({ outbox: row("outbox", "+", 1n) }));
  return await update.where("id", "=", 1n).returning(["postings", "outbox"]).executeTakeFirstOrThrow();
}

async function writeBatch(into: Pick<LedgerDatabase, "kind" | "db">, batch: Batch): Promise<readonly BalanceChange[]> {
  const attempts = [...batch.records].map(([id, { fact, record }]): BulkValue[] => [
    ...[id, fact.tenant, chainText(record.accounts), record.kind],
    ...[record.net.nanousd, record.net.inputTokens, record.net.outputTokens, record.overrun ? 1n : 0n],
    ...[BigInt(record.startedAt), fact.priceId, fact.priceVersion],
  ]);
  await bulkInsert(into, { table: "attempts", columns: ATTEMPT_COLUMNS, rows: attempts, suffix: REPLACE_ATTEMPT });
  if (batch.postings.length === 0) return [];
  await bulkInsert(into, { table: "postings", columns: POSTING_COLUMNS, rows: batch.postings });
  if (batch.entries.length > 0)
    await bulkInsert(into, { table: "entries", columns: ENTRY_COLUMNS, rows: batch.entries });
  const added = { postings: BigInt(batch.postings.length), overruns: batch.overruns };
  await into.db
    .updateTable("totals")
    .set((row) => ({ postings: row("postings", "+", added.postings), overruns: row("overruns", "+", added.overruns) }))
    .where("id", "=", 1n)
    .execute();
  await writeRollups(into, batch.rollups.values());
  return await writeBalances(into, batch);
}

/** The windows with limits that the batch has added to, with their sums now. */
async function windowChanges(
  from: Pick<LedgerDatabase, "kind" | "db">,
  budgets: Budgets,
  batch: Batch,
): Promise<readonly BalanceChange[]> {
  const added = new Map<string, { readonly window: AccountWindow; readonly added: Amounts }>();
  for (const { tenant, account, slot, added: amounts } of batch.rollups.values()) {
    for (const calendar of budgets.calendarsOf(tenant, account)) {
      const instance = budgets.instance(tenant, calendar, Number(slot) * SLOT_MS);
      const name = `${calendar} ${instance.start} ${tenant} ${accountKey(account)}`;
      const before = added.get(name)?.added ?? NOTHING;
      added.set(name, { window: { tenant, account, ...instance }, added: plus(before, amounts) });
    }
  }
  if (added.size === 0) return [];
  const changes = [...added.values()];
  const sums = await chargedWindows(
    from,
    changes.map(({ window }) => window),
  );
  return sums.map(({ tenant, account, spent, window, start, end }, index) => {
    const change = { tenant, account, after: spent, added: changes[index]?.added ?? NOTHING };
    return { ...change, instance: { window, start, end } };
  });
}

interface BalanceRow {
  readonly tenant: string;
  readonly account: string;
  readonly nanousd: bigint;
  readonly input_tokens: bigint;
  readonly output_tokens: bigint;
}

async function writeBalances(
  into: Pick<LedgerDatabase, "kind" | "db">,
  batch: Batch,
): Promise<readonly BalanceChange[]> {
  const rows = [...batch.balances.values()].map(({ tenant, account, added }): BulkValue[] => [
    ...[tenant, accountKey(account), added.nanousd, added.inputTokens, added.outputTokens],
  ]);
  if (rows.length === 0) return [];
  const insert = { table: "balances", columns: BALANCE_COLUMNS, rows, suffix: ADD_TO_BALANCE };
  return (await bulkInsert<BalanceRow>(into, insert)).flatMap((row) => {
    const change = batch.balances.get(`${row.tenant} ${row.account}`);
    const after = { nanousd: row.nanousd, inputTokens: row.input_tokens, outputTokens: row.output_tokens };
    return change === undefined ? [] : [{ ...change, after }];
  });
}
