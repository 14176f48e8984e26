import type { Migration, SqlKind } from "@sluice/platform/sql";
import { type CreateTableBuilder, type Kysely, SqliteAdapter, sql } from "kysely";
import { createMonths, MONTHLY, monthOf } from "./months.ts";

type Table = CreateTableBuilder<string, string>;

const AMOUNTS = ["nanousd", "input_tokens", "output_tokens"];

/**
 * Money in windows: when attempts started, what they used and for what, sums per quarter hour, limits per window, the tenants' time
 * zones; on PostgreSQL the books are split by month. What is in the books already started when it was posted, as far as anybody knows.
 */
export const windows: Migration = {
  async up(db) {
    const kind = db.getExecutor().adapter instanceof SqliteAdapter ? "sqlite" : "postgres";
    const run = async (text: string): Promise<void> => {
      await sql.raw(text).execute(db);
    };
    if (kind === "postgres") await run("set local statement_timeout = 0");
    await widen(db);
    if (kind === "postgres") await split(db, run);
    await db.schema.createIndex("postings_started").on("postings").columns(["tenant", "started_at_ms"]).execute();
    await newTables(db, kind);
    await budgets(db, kind);
    await fill(run);
  },
};

/** New columns, told from what is there. */
async function widen(db: Kysely<unknown>): Promise<void> {
  const text = async (table: string, ...names: string[]): Promise<void> => {
    for (const name of names) {
      await db.schema
        .alterTable(table)
        .addColumn(name, "text", (column) => column.notNull().defaultTo(""))
        .execute();
    }
  };
  const integer = async (table: string, name: string): Promise<void> => {
    await db.schema
      .alterTable(table)
      .addColumn(name, "bigint", (column) => column.notNull().defaultTo(0))
      .execute();
  };
  for (const table of ["attempts", "postings", "entries"]) await integer(table, "started_at_ms");
  await text("attempts", "price_id", "price_version");
  await text("postings", "price_id", "accounts", "usage", "task", "tags");
  await integer("totals", "settings");
  const run = async (statement: string): Promise<void> => {
    await sql.raw(statement).execute(db);
  };
  // A correction belongs to its attempt's beginning.
  await run(`update postings set started_at_ms = known.at from
    (select attempt_id as id, min(posted_at_ms) as at from postings group by attempt_id) as known
    where postings.attempt_id = known.id`);
  await run(`update attempts set started_at_ms = known.at, price_version = known.version from
    (select attempt_id as id, min(posted_at_ms) as at, max(price_version) as version from postings group by attempt_id) as known
    where attempts.attempt_id = known.id`);
  await run(`update postings set accounts = attempts.accounts from attempts
    where attempts.attempt_id = postings.attempt_id`);
  await run(`update entries set started_at_ms = postings.started_at_ms from postings
    where postings.sequence = entries.sequence`);
}

/** The books once more, in partitions by month. The last partition takes what no month was made for; nothing should ever get there. */
async function split(db: Kysely<unknown>, run: (text: string) => Promise<void>): Promise<void> {
  const { rows } = await sql<{ ms: bigint }>`select distinct
    cast(extract(epoch from date_trunc('month', to_timestamp(started_at_ms / 1000.0) at time zone 'UTC')) * 1000 as bigint)
    as ms from postings`.execute(db);
  for (const table of MONTHLY) {
    await run(`alter table ${table} rename to ${table}_whole`);
    await run(`alter index ${table}_key rename to ${table}_whole_key`);
  }
  await run("alter index postings_tenant rename to postings_whole_tenant");
  await run("alter index postings_request rename to postings_whole_request");
  for (const table of MONTHLY) {
    await run(`create table ${table} (like ${table}_whole including defaults) partition by range (started_at_ms)`);
    await run(`create table ${table}_other partition of ${table} default`);
  }
  await run("alter table postings add constraint postings_key primary key (sequence, started_at_ms)");
  await run("alter table entries add constraint entries_key primary key (sequence, line, started_at_ms)");
  await run("create index postings_tenant on postings (tenant, sequence)");
  await run("create index postings_request on postings (request_id)");
  await createMonths(
    { kind: "postgres", db },
    rows.map(({ ms }) => monthOf(Number(ms))),
  );
  for (const table of MONTHLY) {
    await run(`insert into ${table} select * from ${table}_whole`);
    await run(`drop table ${table}_whole`);
  }
}

async function newTables(db: Kysely<unknown>, kind: SqlKind): Promise<void> {
  const make = async (name: string, key: readonly string[], columns: (table: Table) => Table): Promise<void> => {
    const table = columns(db.schema.createTable(name) as Table).addPrimaryKeyConstraint(`${name}_key`, [...key]);
    await (kind === "sqlite" ? table.modifyEnd(sql`without rowid`) : table).execute();
  };
  await make("rollups", ["tenant", "account", "slot"], (table) =>
    integers(text(table, "tenant", "account"), "slot", ...AMOUNTS, "attempts"),
  );
  await make("tenants", ["tenant"], (table) => text(table, "tenant", "time_zone"));
  await make("rate_limits", ["tenant", "account"], (table) =>
    text(table, "tenant", "account")
      .addColumn("requests_per_minute", "bigint")
      .addColumn("tokens_per_minute", "bigint"),
  );
  await make("outcomes", ["tenant", "request_id"], (table) =>
    integers(text(table, "tenant", "request_id", "outcome", "verdict"), "finished_at_ms"),
  );
  if (kind === "postgres") {
    await db.schema.createIndex("outcomes_finished").on("outcomes").columns(["tenant", "finished_at_ms"]).execute();
  }
  await make("hold_epochs", ["id"], (table) => integers(table, "id", "epoch", "position"));
  await make("check_sums", ["pass", "tenant", "account"], (table) =>
    integers(text(integers(table, "pass"), "tenant", "account"), ...AMOUNTS),
  );
  await make("check_progress", ["pass"], (table) => integers(table, "pass", "sequence"));
}

/** The same limits with their window and kind in the key. */
async function budgets(db: Kysely<unknown>, kind: SqlKind): Promise<void> {
  const table = text(db.schema.createTable("budgets_windows") as Table, "tenant", "account", "window_name", "unit");
  const key = ["tenant", "account", "window_name", "unit", "soft"];
  const whole = integers(table, "soft", "amount").addPrimaryKeyConstraint("budgets_windows_key", key);
  await (kind === "sqlite" ? whole.modifyEnd(sql`without rowid`) : whole).execute();
  const columns = "tenant, account, window_name, unit, soft, amount";
  const rows = "select tenant, account, 'total', unit, 0, amount from budgets";
  for (const statement of [
    `insert into budgets_windows (${columns}) ${rows}`,
    "drop table budgets",
    "alter table budgets_windows rename to budgets",
  ]) {
    await sql.raw(statement).execute(db);
  }
}

async function fill(run: (text: string) => Promise<void>): Promise<void> {
  await run(`insert into rollups
    select entries.tenant, entries.account, entries.started_at_ms / 900000, cast(sum(entries.nanousd) as bigint),
      cast(sum(entries.input_tokens) as bigint), cast(sum(entries.output_tokens) as bigint),
      cast(sum(case when postings.kind = 'correction' then 0 else 1 end) as bigint)
    from entries join postings on postings.sequence = entries.sequence
    where entries.account not like 'provider:%'
    group by entries.tenant, entries.account, entries.started_at_ms / 900000`);
  await run("insert into tenants select distinct tenant, '' from balances");
  await run("insert into hold_epochs values (1, 0, 0)");
  await run("insert into check_progress values (1, 0), (2, 0)");
}

const text = (table: Table, ...names: string[]): Table =>
  names.reduce((built, name) => built.addColumn(name, "text", (column) => column.notNull()), table);
const integers = (table: Table, ...names: string[]): Table =>
  names.reduce((built, name) => built.addColumn(name, "bigint", (column) => column.notNull()), table);
