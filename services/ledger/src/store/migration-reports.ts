import type { Migration } from "@sluice/platform/sql";
import { SqliteAdapter, sql } from "kysely";

/**
 * What reports and compensating entries need: which attempt was a request's last, the processing tier an attempt was charged for, and
 * corrections that the enforced counters have not been told of yet.
 */
export const reports: Migration = {
  async up(db) {
    for (const [table, column] of [
      ["outcomes", "attempt_id"],
      ["postings", "service_tier"],
    ] as const) {
      await db.schema
        .alterTable(table)
        .addColumn(column, "text", (built) => built.notNull().defaultTo(""))
        .execute();
    }
    await db.schema
      .alterTable("outcomes")
      .addColumn("final", "bigint", (built) => built.notNull().defaultTo(0))
      .execute();
    const unsettled = db.schema
      .createTable("unsettled")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("tenant", "text", (column) => column.notNull())
      .addColumn("accounts", "text", (column) => column.notNull())
      .addColumn("nanousd", "bigint", (column) => column.notNull())
      .addColumn("input_tokens", "bigint", (column) => column.notNull())
      .addColumn("output_tokens", "bigint", (column) => column.notNull())
      .addColumn("started_at_ms", "bigint", (column) => column.notNull())
      .addColumn("posted_at_ms", "bigint", (column) => column.notNull())
      .addColumn("hold_epoch", "bigint", (column) => column.notNull());
    const sqlite = db.getExecutor().adapter instanceof SqliteAdapter;
    await (sqlite ? unsettled.modifyEnd(sql`without rowid`) : unsettled).execute();
  },
};
