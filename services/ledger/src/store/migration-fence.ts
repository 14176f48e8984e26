import type { Migration } from "@sluice/platform/sql";

/**
 * What tells a valid shared hold store from one that lost its data: which Redis it is, whether somebody is rebuilding it, from where on the
 * ledger's stream has to be read for that, and which processes must have stopped placing holds first.
 */
export const fence: Migration = {
  async up(db) {
    for (const name of ["run_id", "replication_id", "holder"]) {
      await db.schema
        .alterTable("hold_epochs")
        .addColumn(name, "text", (column) => column.notNull().defaultTo(""))
        .execute();
    }
    await db.schema
      .alterTable("hold_epochs")
      .addColumn("carried", "text", (column) => column.notNull().defaultTo("[]"))
      .execute();
    for (const [name, first] of [
      ["read_from_ms", 0],
      ["held_until_ms", 0],
      ["complete", 1],
    ] as const) {
      await db.schema
        .alterTable("hold_epochs")
        .addColumn(name, "bigint", (column) => column.notNull().defaultTo(first))
        .execute();
    }
    await db.schema
      .createTable("hold_writers")
      .addColumn("writer", "text", (column) => column.primaryKey())
      .addColumn("epoch", "bigint", (column) => column.notNull())
      .addColumn("seen_ms", "bigint", (column) => column.notNull())
      .execute();
  },
};
