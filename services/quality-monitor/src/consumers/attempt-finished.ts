import { type ConsumerOptions, payloadOf } from "@sluice/platform/bus";
import type { Kysely } from "kysely";
import type { AttemptRow, QualitySchema } from "../store/schema.ts";
import { saveAttempts } from "../store/store.ts";
import { minuteOf, REST_MS } from "./minute.ts";

/** Remembers every finished attempt for the counts. */
export function attemptFinishedConsumer(db: Kysely<QualitySchema>, batchSize: number): ConsumerOptions {
  return {
    stream: "SLUICE_ATTEMPTS",
    durable: "quality-monitor-attempt-finished",
    types: ["attempt.finished"],
    batchSize,
    restMs: REST_MS,
    handle: async (batch) => {
      const rows = batch.map((event): AttemptRow => {
        const fact = payloadOf(event, "attempt.finished");
        return {
          attempt_id: fact.attemptId,
          tenant_id: fact.tenantId,
          provider: fact.provider,
          model: fact.model,
          minute_ms: minuteOf(fact.finishedAtMs),
          outcome: fact.outcome,
          first_content_ms: fact.firstContentMs ?? null,
          duration_ms: fact.durationMs,
        };
      });
      await saveAttempts(db, rows);
      return batch.map(() => ({ kind: "done" }));
    },
  };
}
