import type { Migrations } from "@sluice/platform/sql";
import type { Kysely } from "kysely";

/** One response with the items that its request brought; earlier items are found over `previous_id`. */
export interface ResponseRow {
  id: string;
  tenant_id: string;
  previous_id: string | null;
  created_ms: bigint;
  /** Of both texts. */
  bytes: bigint;
  input_json: string;
  response_json: string;
}

export interface KeptSchema {
  responses: ResponseRow;
}

/** The door's migrations, by sortable name. */
export const migrations: Migrations = {
  "0001-responses": {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable("responses")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("tenant_id", "text", (column) => column.notNull())
        .addColumn("previous_id", "text")
        .addColumn("created_ms", "bigint", (column) => column.notNull())
        .addColumn("bytes", "bigint", (column) => column.notNull())
        .addColumn("input_json", "text", (column) => column.notNull())
        .addColumn("response_json", "text", (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex("responses_age")
        .on("responses")
        .columns(["tenant_id", "created_ms", "bytes"])
        .execute();
      await db.schema.createIndex("responses_created").on("responses").column("created_ms").execute();
    },
  },
};
