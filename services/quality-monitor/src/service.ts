import type { Implementation } from "@sluice/platform/rpc";
import { MinuteCount, type QualityServiceDefinition } from "@sluice/proto/quality/v1/quality_service";
import type { Kysely } from "kysely";
import type { QualitySchema } from "./store/schema.ts";
import { type CountsQuery, countAttempts, countVerdicts } from "./store/store.ts";

/** Implements the monitor's contract over what its consumers have stored. */
export function qualityService(
  db: Kysely<QualitySchema>,
  now: () => number,
): Implementation<typeof QualityServiceDefinition> {
  return {
    counts: async (request) => {
      const toMs = request.toMs > 0n ? request.toMs : BigInt(now()) + 1n;
      return { minutes: await minutes(db, { ...request, toMs }) };
    },
  };
}

async function minutes(db: Kysely<QualitySchema>, query: CountsQuery): Promise<MinuteCount[]> {
  const [attempts, verdicts] = await Promise.all([countAttempts(db, query), countVerdicts(db, query)]);
  const keyOf = (row: { minute_ms: bigint; provider: string; model: string }) =>
    `${row.minute_ms} ${row.provider} ${row.model}`;
  const verdictsByKey = new Map(verdicts.map((row) => [keyOf(row), row]));
  return attempts.map((row) => {
    const verdict = verdictsByKey.get(keyOf(row));
    return MinuteCount.fromPartial({
      minuteMs: row.minute_ms,
      provider: row.provider,
      model: row.model,
      attempts: row.attempts,
      succeeded: row.succeeded,
      cancelled: row.cancelled,
      failed: row.attempts - row.succeeded - row.cancelled,
      verdictsPass: verdict?.pass ?? 0n,
      verdictsFail: verdict?.fail ?? 0n,
      firstContentMsSum: row.first_content_ms_sum,
      durationMsSum: row.duration_ms_sum,
    });
  });
}
