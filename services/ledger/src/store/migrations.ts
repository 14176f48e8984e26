import type { Migration, Migrations } from "@sluice/platform/sql";
import { type CreateTableBuilder, type Kysely, SqliteAdapter, sql } from "kysely";
import { fence } from "./migration-fence.ts";
import { numbers } from "./migration-numbers.ts";
import { reports } from "./migration-reports.ts";
import { spans } from "./migration-spans.ts";
import { windows } from "./migration-windows.ts";

type Table = CreateTableBuilder<string, string>;

const text = (table: Table, ...names: string[]): Table =>
  names.reduce((built, name) => built.addColumn(name, "text", (column) => column.notNull()), table);
const integers = (table: Table, ...names: string[]): Table =>
  names.reduce((built, name) => built.addColumn(name, "bigint", (column) => column.notNull()), table);
const AMOUNTS = ["nanousd", "input_tokens", "output_tokens"];

async function accounts(db: Kysely<unknown>): Promise<void> {
  const create = (name: string): Table => db.schema.createTable(name);
  const attempts = text(create("attempts"), "attempt_id", "tenant", "accounts", "kind");
  await integers(attempts, ...AMOUNTS, "overrun")
    .addPrimaryKeyConstraint("attempts_key", ["attempt_id"])
    .execute();

  const words = ["attempt_id", "request_id", "tenant", "provider", "model", "price_version", "kind"];
  const postings = text(integers(create("postings"), "sequence"), ...words);
  await integers(postings, "overrun", ...AMOUNTS, "posted_at_ms")
    .addPrimaryKeyConstraint("postings_key", ["sequence"])
    .execute();
  await db.schema.createIndex("postings_tenant").on("postings").columns(["tenant", "sequence"]).execute();
  await db.schema.createIndex("postings_request").on("postings").column("request_id").execute();

  const entries = text(integers(create("entries"), "sequence", "line"), "tenant", "account");
  await integers(entries, ...AMOUNTS)
    .addPrimaryKeyConstraint("entries_key", ["sequence", "line"])
    .execute();

  const balances = integers(text(create("balances"), "tenant", "account"), ...AMOUNTS);
  await balances.addPrimaryKeyConstraint("balances_key", ["tenant", "account"]).execute();

  const budgets = integers(text(create("budgets"), "tenant", "account", "unit"), "amount");
  await budgets.addPrimaryKeyConstraint("budgets_key", ["tenant", "account", "unit"]).execute();
}

async function housekeeping(db: Kysely<unknown>): Promise<void> {
  const create = (name: string): Table => db.schema.createTable(name);
  const totals = integers(create("totals"), "id", "postings", "overruns", "outbox");
  await totals.addPrimaryKeyConstraint("totals_key", ["id"]).execute();
  const outbox = text(integers(create("outbox"), "id"), "events");
  await outbox.addPrimaryKeyConstraint("outbox_key", ["id"]).execute();
  const versions = text(create("price_versions"), "id", "content");
  await versions.addPrimaryKeyConstraint("price_versions_key", ["id"]).execute();
  const row = { id: 1n, postings: 0n, overruns: 0n, outbox: 0n };
  await (db as Kysely<{ totals: typeof row }>).insertInto("totals").values(row).execute();
}

const first: Migration = {
  async up(db) {
    await accounts(db);
    await housekeeping(db);
  },
};

/** SQLite keeps a table's rows and its key in two trees unless it is told otherwise; the books' rows are small and all have keys. */
const oneTree: Migration = {
  async up(db) {
    if (!(db.getExecutor().adapter instanceof SqliteAdapter)) return;
    for (const table of ["attempts", "postings", "entries", "balances", "budgets", "outbox"]) await rebuild(db, table);
  },
};

async function rebuild(db: Kysely<unknown>, table: string): Promise<void> {
  const own = sql<{
    type: string;
    sql: string;
  }>`select type, sql from sqlite_master where tbl_name = ${table} and sql is not null`;
  const { rows } = await own.execute(db);
  const run = async (text: string): Promise<void> => {
    await sql.raw(text).execute(db);
  };
  const definition = rows.find(({ type }) => type === "table")?.sql ?? "";
  await run(`${definition.replace(`"${table}"`, `"${table}_rebuilt"`)} without rowid`);
  await run(`insert into "${table}_rebuilt" select * from "${table}"`);
  await run(`drop table "${table}"`);
  await run(`alter table "${table}_rebuilt" rename to "${table}"`);
  for (const index of rows.filter(({ type }) => type === "index")) await run(index.sql);
}

export const migrations: Migrations = {
  "0001-ledger": first,
  "0002-one-tree": oneTree,
  "0003-windows": windows,
  "0004-reports": reports,
  "0005-fence": fence,
  "0006-spans": spans,
  "0007-numbers": numbers,
};
