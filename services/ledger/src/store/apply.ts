import type { PrintedEvent } from "@sluice/platform/bus";
import { accountOfKey } from "../accounts.ts";
import { type AttemptRecord, chainText, type Fact } from "../postings.ts";
import { type Applied, Batch } from "./batch.ts";
import type { Budgets } from "./budgets.ts";
import { type BulkValue, bulkInsert, textList } from "./bulk.ts";
import type { LedgerDatabase } from "./database.ts";
import type { Months } from "./months.ts";
import { type Into, takeTurn, writeRows } from "./write-rows.ts";

/** What writing to the books needs. */
export interface Books {
  readonly database: LedgerDatabase;
  readonly budgets: Budgets;
  readonly months: Months;
  /**
   * Called within each transaction with how often limits and time zones have changed, for those whom nobody else tells of it: so what they know is
   * never older than what they write.
   */
  readonly follow?: (settings: bigint, db: LedgerDatabase["db"]) => Promise<void>;
}

export interface AppliedBatch {
  readonly applied: readonly Applied[];
  /** Row of the outbox that keeps `events` until the bus has them; undefined if there are none. */
  readonly outboxId: bigint | undefined;
  readonly events: readonly PrintedEvent[];
  /** Epoch of the shared hold store at that moment. */
  readonly holdEpoch: bigint;
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
const REPLACE_ATTEMPT = `on conflict (attempt_id) do update set kind = excluded.kind, nanousd = excluded.nanousd,
  input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens, overrun = excluded.overrun,
  price_id = excluded.price_id, price_version = excluded.price_version`;

/**
 * Applies facts in order in one transaction: attempts, postings, entries, balances, and the events that tell of it. Facts
 * the ledger has applied before change nothing.
 */
export async function applyFacts(books: Books, facts: readonly Fact[]): Promise<AppliedBatch> {
  const { database, budgets, months } = books;
  await months.ensure(facts.map(({ startedAt }) => startedAt));
  return await database.db.transaction().execute(async (db) => {
    // The lock first: what a second writer reads below must include what the first one wrote.
    const turn = await takeTurn(db);
    await books.follow?.(turn.settings, db);
    const into = { kind: database.kind, db };
    const known = await knownAttempts(
      into,
      facts.map((fact) => fact.attemptId),
    );
    const batch = new Batch(facts, known, turn.postings);
    const { applied } = batch;
    const { holdEpoch } = turn;
    if (batch.records.size === 0) return { applied, outboxId: undefined, events: [], holdEpoch };
    await writeAttempts(into, batch);
    const events = await writeRows(into, batch, { budgets, turn, at: facts[0]?.at ?? 0 });
    return { applied, outboxId: events.length > 0 ? turn.outbox : undefined, events, holdEpoch };
  });
}

/** What the ledger has on record about attempts. */
export async function knownAttempts(
  { kind, db }: Into,
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

async function writeAttempts(into: Into, batch: Batch): Promise<void> {
  const attempts = [...batch.records].map(([id, { fact, record }]): BulkValue[] => [
    ...[id, fact.tenant, chainText(record.accounts), record.kind],
    ...[record.net.nanousd, record.net.inputTokens, record.net.outputTokens, record.overrun ? 1n : 0n],
    ...[BigInt(record.startedAt), fact.priceId, fact.priceVersion],
  ]);
  await bulkInsert(into, { table: "attempts", columns: ATTEMPT_COLUMNS, rows: attempts, suffix: REPLACE_ATTEMPT });
}
