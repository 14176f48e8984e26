import { type Bus, type Consumer, type DeliveredEvent, type HandlerOutcome, payloadOf } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import type { AttemptFinished } from "@sluice/proto/events/v1/attempt_events";
import { isHoldId, isTenant } from "../holds/check-request.ts";
import { type BulkValue, bulkInsert } from "../store/bulk.ts";
import type { LedgerDatabase } from "../store/database.ts";
import type { OutcomesTable } from "../store/schema.ts";
import { clean } from "../store/texts.ts";

/** Reports may be this much older than the bills; many facts in one transaction cost little. */
const REST_MS = 1_000;
const BATCH_SIZE = 1_000;

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

/** Keeps what became of each client request, for the cost of what succeeded. Nobody waits for it. */
export class OutcomesConsumer {
  readonly #database: LedgerDatabase;
  #consumer: Consumer | undefined;

  constructor(database: LedgerDatabase) {
    this.#database = database;
  }

  async start(bus: Bus): Promise<void> {
    this.#consumer = await bus.consume({
      stream: "SLUICE_ATTEMPTS",
      durable: "ledger-outcomes",
      types: ["attempt.finished"],
      batchSize: BATCH_SIZE,
      restMs: REST_MS,
      handle: (batch) => this.handle(batch),
    });
  }

  async stop(): Promise<void> {
    await this.#consumer?.stop();
  }

  /** Notes a batch; one outcome per fact. Repeating any of it changes nothing. */
  async handle(batch: readonly DeliveredEvent[]): Promise<readonly HandlerOutcome[]> {
    const rows = new Map<string, OutcomesTable>();
    const outcomes = batch.map((event): HandlerOutcome => {
      const row = rowOf(event);
      if (typeof row === "string") return { kind: "drop", reason: row };
      const name = `${row.tenant} ${row.request_id}`;
      rows.set(name, merged(rows.get(name), row));
      return { kind: "done" };
    });
    const values = Array.from(rows.values(), (row): BulkValue[] => [
      ...[row.tenant, row.request_id, row.outcome, row.verdict, row.finished_at_ms, row.attempt_id, row.final],
    ]);
    const insert = { table: "outcomes", columns: COLUMNS, rows: values, suffix: REPLACE };
    if (values.length > 0) await bulkInsert(this.#database, insert);
    return outcomes;
  }
}

/** The row of a fact, or why it is none. */
function rowOf(event: DeliveredEvent): OutcomesTable | string {
  let finished: AttemptFinished;
  try {
    finished = payloadOf(event) as AttemptFinished;
  } catch (error) {
    return SluiceError.from(error).message;
  }
  const { attemptId, requestId, tenantId, outcome, verdict, finishedAtMs, last } = finished;
  if (!isTenant(tenantId) || requestId === "") return "Its ids are malformed.";
  return {
    tenant: tenantId,
    request_id: clean(requestId),
    outcome: clean(outcome),
    verdict: clean(verdict),
    finished_at_ms: finishedAtMs,
    attempt_id: outcome === "refused" || !isHoldId(attemptId) ? "" : attemptId,
    final: last ? 1n : 0n,
  };
}

/** One statement cannot change a row twice, so facts of one request are joined first, as the statement would. */
function merged(before: OutcomesTable | undefined, row: OutcomesTable): OutcomesTable {
  if (before === undefined) return row;
  if (before.final === 1n && row.final === 0n) return before;
  return row.attempt_id === "" ? { ...row, attempt_id: before.attempt_id } : row;
}
