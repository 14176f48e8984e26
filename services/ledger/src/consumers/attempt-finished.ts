import { type Bus, type Consumer, type DeliveredEvent, type HandlerOutcome, payloadOf } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import type { AttemptFinished } from "@sluice/proto/events/v1/attempt_events";
import type { BookKeeper } from "../books/keeper.ts";
import { isHoldId, isTenant } from "../holds/check-request.ts";
import type { OutcomesTable } from "../store/schema.ts";
import { clean } from "../store/texts.ts";

/** Reports may be this much older than the bills; many facts in one transaction cost little. */
const REST_MS = 1_000;
const BATCH_SIZE = 1_000;

/** Keeps what became of each client request, for the cost of what succeeded. Nobody waits for it. */
export class OutcomesConsumer {
  readonly #keeper: Pick<BookKeeper, "noteOutcomes">;
  #consumer: Consumer | undefined;

  constructor(keeper: Pick<BookKeeper, "noteOutcomes">) {
    this.#keeper = keeper;
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
    if (rows.size > 0) await this.#keeper.noteOutcomes([...rows.values()]);
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
