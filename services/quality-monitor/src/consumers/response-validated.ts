import { type ConsumerOptions, payloadOf } from "@sluice/platform/bus";
import type { Kysely } from "kysely";
import type { QualitySchema, VerdictRow } from "../store/schema.ts";
import { saveVerdicts } from "../store/store.ts";
import { minuteOf, REST_MS } from "./minute.ts";

/** Remembers the verdict of every attempt: the final one, or the window's if it failed there and nothing followed. */
export function responseValidatedConsumer(db: Kysely<QualitySchema>, batchSize: number): ConsumerOptions {
  return {
    stream: "SLUICE_VERDICTS",
    durable: "quality-monitor-response-validated",
    types: ["response.validated"],
    batchSize,
    restMs: REST_MS,
    handle: async (batch) => {
      const rows: VerdictRow[] = [];
      for (const event of batch) {
        const fact = payloadOf(event, "response.validated");
        if (fact.phase !== "final" && fact.decision !== "fail") continue;
        rows.push({
          attempt_id: fact.attemptId,
          tenant_id: fact.tenantId,
          provider: fact.provider,
          model: fact.model,
          minute_ms: minuteOf(fact.validatedAtMs),
          decision: fact.decision,
        });
      }
      await saveVerdicts(db, rows);
      return batch.map(() => ({ kind: "done" }));
    },
  };
}
