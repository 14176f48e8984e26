import type { Migrations } from "@sluice/platform/sql";
import type { Kysely } from "kysely";

async function createOrgs(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("orgs")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull().unique())
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .execute();
}

async function createMembers(db: Kysely<unknown>, table: "teams" | "users"): Promise<void> {
  await db.schema
    .createTable(table)
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("org_id", "text", (column) => column.notNull().references("orgs.id"))
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addUniqueConstraint(`${table}_name_unique`, ["org_id", "name"])
    .execute();
}

async function createKeys(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("keys")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("hash", "text", (column) => column.notNull().unique())
    .addColumn("display_prefix", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("org_id", "text", (column) => column.notNull().references("orgs.id"))
    .addColumn("team_id", "text", (column) => column.notNull())
    .addColumn("user_id", "text", (column) => column.notNull())
    .addColumn("allowed_models", "text", (column) => column.notNull())
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("expires_at_ms", "bigint", (column) => column.notNull())
    .addColumn("revoked_at_ms", "bigint", (column) => column.notNull())
    .addColumn("announced", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("keys_display_prefix").on("keys").column("display_prefix").execute();
  await db.schema.createIndex("keys_announced").on("keys").columns(["announced", "revoked_at_ms"]).execute();
}

async function createSessions(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("sessions")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("key_id", "text", (column) => column.notNull())
    .addColumn("org_id", "text", (column) => column.notNull().references("orgs.id"))
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("amounts", "text", (column) => column.notNull())
    .addColumn("slice", "text", (column) => column.notNull())
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("expires_at_ms", "bigint", (column) => column.notNull())
    .addColumn("closed_at_ms", "bigint", (column) => column.notNull())
    .addColumn("announced", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("sessions_key").on("sessions").columns(["key_id", "expires_at_ms"]).execute();
  await db.schema.createIndex("sessions_end").on("sessions").columns(["slice", "expires_at_ms"]).execute();
  await db.schema.createIndex("sessions_announced").on("sessions").columns(["announced", "closed_at_ms"]).execute();
}

async function createDeclared(db: Kysely<unknown>): Promise<void> {
  let table = db.schema.createTable("declared").addColumn("name", "text", (column) => column.primaryKey());
  for (const name of ["kind", "tenant", "account_kind", "account", "unit", "window", "value", "source"] as const) {
    table = table.addColumn(name, "text", (column) => column.notNull());
  }
  await table.addColumn("soft", "bigint", (column) => column.notNull()).execute();
}

/** The identity service's schema, in the order it grew. */
export const migrations: Migrations = {
  "0001-directory-and-keys": {
    async up(db) {
      await createOrgs(db);
      await createMembers(db, "teams");
      await createMembers(db, "users");
      await createKeys(db);
    },
  },
  "0002-sessions-and-declarations": {
    async up(db) {
      const zone = db.schema.alterTable("orgs");
      await zone.addColumn("time_zone", "text", (column) => column.notNull().defaultTo("")).execute();
      await createSessions(db);
      await createDeclared(db);
    },
  },
};
