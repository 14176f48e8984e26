import { type BulkValue, bulkInsert } from "./bulk.ts";
import type { LedgerDatabase } from "./database.ts";
import type { OutcomesTable } from "./schema.ts";

const COLUMNS = {
  tenant: "text",
  request_id: "text",
  outcome: "text",
  verdict: "text",
  finished_at_ms: "bigint",
  attempt_id: "text",
  final: "bigint",
} as const;
/** What the router said last stays; a hedge's loser may end after it. An attempt that was refused has no bill the request could stand with. */
const REPLACE = `on conflict (tenant, request_id) do update set outcome = excluded.outcome, verdict = excluded.verdict,
  finished_at_ms = excluded.finished_at_ms, final = excluded.final,
  attempt_id = case excluded.attempt_id when '' then outcomes.attempt_id else excluded.attempt_id end
  where excluded.final = 1 or outcomes.final = 0`;

/** Keeps what became of requests, each at most once among `outcomes`. Repeating any of it changes nothing. */
export async function writeOutcomes(database: LedgerDatabase, outcomes: readonly OutcomesTable[]): Promise<void> {
  const rows = outcomes.map((row): BulkValue[] => [
    ...[row.tenant, row.request_id, row.outcome, row.verdict, row.finished_at_ms, row.attempt_id, row.final],
  ]);
  await database.db.transaction().execute(async (db) => {
    await bulkInsert({ kind: database.kind, db }, { table: "outcomes", columns: COLUMNS, rows, suffix: REPLACE });
  });
}
