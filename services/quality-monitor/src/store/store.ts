import { type Kysely, sql } from "kysely";
import type { AttemptRow, QualitySchema, VerdictRow } from "./schema.ts";

export interface CountsQuery {
  /** Empty means all. */
  readonly tenantId: string;
  readonly fromMs: bigint;
  readonly toMs: bigint;
  /** `provider/model`; empty means all. */
  readonly model: string;
}

export interface AttemptCount {
  readonly minute_ms: bigint;
  readonly provider: string;
  readonly model: string;
  readonly attempts: bigint;
  readonly succeeded: bigint;
  readonly cancelled: bigint;
  readonly first_content_ms_sum: bigint;
  readonly duration_ms_sum: bigint;
}

export interface VerdictCount {
  readonly minute_ms: bigint;
  readonly provider: string;
  readonly model: string;
  readonly pass: bigint;
  readonly fail: bigint;
}

/** Remembers attempts; repeating one has no further effect. */
export async function saveAttempts(db: Kysely<QualitySchema>, rows: readonly AttemptRow[]): Promise<void> {
  if (rows.length === 0) return;
  await db
    .insertInto("attempts")
    .values(rows)
    .onConflict((conflict) => conflict.column("attempt_id").doNothing())
    .execute();
}

/** Remembers final verdicts; repeating one has no further effect. */
export async function saveVerdicts(db: Kysely<QualitySchema>, rows: readonly VerdictRow[]): Promise<void> {
  if (rows.length === 0) return;
  await db
    .insertInto("verdicts")
    .values(rows)
    .onConflict((conflict) => conflict.column("attempt_id").doNothing())
    .execute();
}

/** Deletes what is older than `beforeMs` (milliseconds since the epoch). */
export async function forgetBefore(db: Kysely<QualitySchema>, beforeMs: bigint): Promise<void> {
  await db.deleteFrom("attempts").where("minute_ms", "<", beforeMs).execute();
  await db.deleteFrom("verdicts").where("minute_ms", "<", beforeMs).execute();
}

/** Counts attempts per model and minute. */
export function countAttempts(db: Kysely<QualitySchema>, query: CountsQuery): Promise<AttemptCount[]> {
  return db
    .selectFrom("attempts")
    .select([
      "minute_ms",
      "provider",
      "model",
      sql<bigint>`cast(count(*) as bigint)`.as("attempts"),
      sql<bigint>`cast(sum(case when outcome = 'delivered' then 1 else 0 end) as bigint)`.as("succeeded"),
      sql<bigint>`cast(sum(case when outcome = 'cancelled' then 1 else 0 end) as bigint)`.as("cancelled"),
      sql<bigint>`cast(coalesce(sum(first_content_ms), 0) as bigint)`.as("first_content_ms_sum"),
      sql<bigint>`cast(sum(duration_ms) as bigint)`.as("duration_ms_sum"),
    ])
    .where("minute_ms", ">=", query.fromMs)
    .where("minute_ms", "<", query.toMs)
    .$if(query.tenantId !== "", (filtered) => filtered.where("tenant_id", "=", query.tenantId))
    .$if(query.model !== "", (filtered) => filtered.where(sql`provider || '/' || model`, "=", query.model))
    .groupBy(["minute_ms", "provider", "model"])
    .orderBy("minute_ms")
    .orderBy("provider")
    .orderBy("model")
    .execute();
}

/** Counts final verdicts per model and minute. */
export function countVerdicts(db: Kysely<QualitySchema>, query: CountsQuery): Promise<VerdictCount[]> {
  return db
    .selectFrom("verdicts")
    .select([
      "minute_ms",
      "provider",
      "model",
      sql<bigint>`cast(sum(case when decision = 'fail' then 0 else 1 end) as bigint)`.as("pass"),
      sql<bigint>`cast(sum(case when decision = 'fail' then 1 else 0 end) as bigint)`.as("fail"),
    ])
    .where("minute_ms", ">=", query.fromMs)
    .where("minute_ms", "<", query.toMs)
    .$if(query.tenantId !== "", (filtered) => filtered.where("tenant_id", "=", query.tenantId))
    .$if(query.model !== "", (filtered) => filtered.where(sql`provider || '/' || model`, "=", query.model))
    .groupBy(["minute_ms", "provider", "model"])
    .execute();
}
