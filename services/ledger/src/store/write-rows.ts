import { type PrintedEvent, printEvent } from "@sluice/platform/bus";
import type { Kysely } from "kysely";
import { accountKey } from "../accounts.ts";
import { type Amounts, NOTHING, plus } from "../amounts.ts";
import type { AccountWindow, BalanceChange, Budgets } from "./budgets.ts";
import { type BulkValue, bulkInsert } from "./bulk.ts";
import type { LedgerDatabase } from "./database.ts";
import { crossedEvent, eventsToText } from "./events.ts";
import { bookableEpoch } from "./hold-epochs.ts";
import { chargedWindows, SLOT_MS, writeRollups } from "./rollups.ts";
import type { Rows } from "./rows.ts";
import type { LedgerSchema } from "./schema.ts";

/** The transaction that writes. */
export type Into = Pick<LedgerDatabase, "kind" | "db">;

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
  service_tier: "text",
} as const;
const BALANCE_COLUMNS = {
  tenant: "text",
  account: "text",
  nanousd: "bigint",
  input_tokens: "bigint",
  output_tokens: "bigint",
} as const;
const ENTRY_COLUMNS = { sequence: "bigint", line: "bigint", ...BALANCE_COLUMNS, started_at_ms: "bigint" } as const;

const ADD_TO_BALANCE = `on conflict (tenant, account) do update set nanousd = balances.nanousd + excluded.nanousd,
  input_tokens = balances.input_tokens + excluded.input_tokens,
  output_tokens = balances.output_tokens + excluded.output_tokens returning *`;

/** Where a writer stands once it is its turn. */
export interface Turn {
  /** Number of the last posting. */
  readonly postings: bigint;
  /** Id for a row of the outbox. */
  readonly outbox: bigint;
  /** How often limits and time zones have changed. */
  readonly settings: bigint;
  /** Epoch of the shared hold store: balances it is rebuilt from later have what this turn writes. */
  readonly holdEpoch: bigint;
}

/**
 * Waits for the turn to write (one writer at a time, until its transaction ends).
 * @throws unavailable while the shared hold store is rebuilt from the books
 */
export async function takeTurn(db: Kysely<LedgerSchema>): Promise<Turn> {
  const update = db.updateTable("totals").set((row) => ({ outbox: row("outbox", "+", 1n) }));
  const turn = await update
    .where("id", "=", 1n)
    .returning(["postings", "outbox", "settings"])
    .executeTakeFirstOrThrow();
  // A statement of its own, which sees what whoever had the turn before has written.
  return { ...turn, holdEpoch: await bookableEpoch(db) };
}

/**
 * Writes postings with everything that follows from them: entries, balances, rollups, totals, and the events that tell of it, which are
 * returned and kept in the outbox under the turn's id.
 */
export async function writeRows(
  into: Into,
  rows: Rows,
  { budgets, turn, at }: { readonly budgets: Budgets; readonly turn: Turn; readonly at: number },
): Promise<readonly PrintedEvent[]> {
  const changes = rows.postings.length === 0 ? [] : await writePostings(into, rows);
  const all = [...changes, ...(await windowChanges(into, budgets, rows))];
  const events = [...rows.events, ...budgets.crossings(all, at).map(crossedEvent)].map(printEvent);
  if (events.length > 0) {
    await into.db
      .insertInto("outbox")
      .values({ id: turn.outbox, events: eventsToText(events) })
      .execute();
  }
  return events;
}

async function writePostings(into: Into, rows: Rows): Promise<readonly BalanceChange[]> {
  await bulkInsert(into, { table: "postings", columns: POSTING_COLUMNS, rows: rows.postings });
  if (rows.entries.length > 0) await bulkInsert(into, { table: "entries", columns: ENTRY_COLUMNS, rows: rows.entries });
  const added = { postings: BigInt(rows.postings.length), overruns: rows.overruns };
  await into.db
    .updateTable("totals")
    .set((row) => ({ postings: row("postings", "+", added.postings), overruns: row("overruns", "+", added.overruns) }))
    .where("id", "=", 1n)
    .execute();
  await writeRollups(into, rows.rollups.values());
  return await writeBalances(into, rows);
}

/** The windows with limits that the rows have added to, with their sums now. */
async function windowChanges(from: Into, budgets: Budgets, rows: Rows): Promise<readonly BalanceChange[]> {
  const added = new Map<string, { readonly window: AccountWindow; readonly added: Amounts }>();
  for (const { tenant, account, slot, added: amounts } of rows.rollups.values()) {
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

async function writeBalances(into: Into, { balances }: Rows): Promise<readonly BalanceChange[]> {
  const rows = [...balances.values()].map(({ tenant, account, added }): BulkValue[] => [
    ...[tenant, accountKey(account), added.nanousd, added.inputTokens, added.outputTokens],
  ]);
  if (rows.length === 0) return [];
  const insert = { table: "balances", columns: BALANCE_COLUMNS, rows, suffix: ADD_TO_BALANCE };
  return (await bulkInsert<BalanceRow>(into, insert)).flatMap((row) => {
    const change = balances.get(`${row.tenant} ${row.account}`);
    const after = { nanousd: row.nanousd, inputTokens: row.input_tokens, outputTokens: row.output_tokens };
    return change === undefined ? [] : [{ ...change, after }];
  });
}
