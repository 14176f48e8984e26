import type { Migrations } from "@sluice/platform/sql";
import type { Kysely } from "kysely";

/** One row per finished attempt: a fact that arrives twice overwrites itself, so counts never double. */
export interface AttemptRow {
  attempt_id: string;
  tenant_id: string;
  provider: string;
  model: string;
  minute_ms: bigint;
  outcome: string;
  first_content_ms: bigint | null;
  duration_ms: bigint;
}

/** One row per final verdict. */
export interface VerdictRow {
  attempt_id: string;
  tenant_id: string;
  provider: string;
  model: string;
  minute_ms: bigint;
  decision: string;
}

export interface QualitySchema {
  attempts: AttemptRow;
  verdicts: VerdictRow;
}

/** The monitor's migrations, by sortable name. */
export const migrations: Migrations = {
  "0001-attempts-and-verdicts": {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable("attempts")
        .addColumn("attempt_id", "text", (column) => column.primaryKey())
        .addColumn("tenant_id", "text", (column) => column.notNull())
        .addColumn("provider", "text", (column) => column.notNull())
        .addColumn("model", "text", (column) => column.notNull())
        .addColumn("minute_ms", "bigint", (column) => column.notNull())
        .addColumn("outcome", "text", (column) => column.notNull())
        .addColumn("first_content_ms", "bigint")
        .addColumn("duration_ms", "bigint", (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex("attempts_minute")
        .on("attempts")
        .columns(["minute_ms", "provider", "model"])
        .execute();
      await db.schema
        .createTable("verdicts")
        .addColumn("attempt_id", "text", (column) => column.primaryKey())
        .addColumn("tenant_id", "text", (column) => column.notNull())
        .addColumn("provider", "text", (column) => column.notNull())
        .addColumn("model", "text", (column) => column.notNull())
        .addColumn("minute_ms", "bigint", (column) => column.notNull())
        .addColumn("decision", "text", (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex("verdicts_minute")
        .on("verdicts")
        .columns(["minute_ms", "provider", "model"])
        .execute();
    },
  },
};
