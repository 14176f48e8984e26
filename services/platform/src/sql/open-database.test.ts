import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Kysely, sql } from "kysely";
import { SluiceError } from "../errors/index.ts";
import { isUniqueViolation, type Migrations, openDatabase, openSqlite, sqliteUsedBytes } from "./index.ts";

interface Schema {
  account: { id: string; amount: bigint; label: string | null };
}

const migrations: Migrations = {
  "0001-account": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("account")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("amount", "bigint", (column) => column.notNull())
        .addColumn("label", "text")
        .execute();
    },
  },
};

function temporary(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "sluice-sql-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, "test.db");
}

const hasCode = (code: string, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SluiceError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, text);
  return true;
};

test("the file is owner-only and survives being opened twice in a row", async (t) => {
  const file = temporary(t);
  const first = await openDatabase<Schema>({ kind: "sqlite", file }, migrations);
  await first.db.insertInto("account").values({ id: "a", amount: 9_223_372_036_854_775_807n, label: null }).execute();
  await first.close();
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const second = await openDatabase<Schema>({ kind: "sqlite", file }, migrations);
  const row = await second.db.selectFrom("account").selectAll().executeTakeFirstOrThrow();
  assert.deepEqual({ ...row }, { id: "a", amount: 9_223_372_036_854_775_807n, label: null });
  await second.close();
});

test("a schema newer than the program is refused by name", async (t) => {
  const file = temporary(t);
  const newer = { ...migrations, "0002-later": { async up() {} } };
  await (await openDatabase<Schema>({ kind: "sqlite", file }, newer)).close();
  await assert.rejects(openDatabase<Schema>({ kind: "sqlite", file }, migrations), hasCode("internal", /0002-later/));
});

test("a failing migration names itself and leaves nothing behind", async (t) => {
  const file = temporary(t);
  const broken: Migrations = {
    ...migrations,
    "0002-broken": { up: async (db: Kysely<unknown>) => void (await sql`create nonsense`.execute(db)) },
  };
  await assert.rejects(openDatabase<Schema>({ kind: "sqlite", file }, broken), hasCode("internal", /0002-broken/));
  const database = openSqlite(file);
  assert.deepEqual(database.prepare("select name from sqlite_schema").all(), []);
  database.close();
});

test("undefined, dates and numbers beyond 2^53 are refused, not stored as NULL", async (t) => {
  const { db, close } = await openDatabase<Schema>({ kind: "sqlite", file: temporary(t) }, migrations);
  for (const bad of [undefined, new Date(), 2 ** 53, Number.NaN]) {
    await assert.rejects(sql`select ${bad}`.execute(db), hasCode("internal", /SQL parameter 1 is/));
  }
  await close();
});

test("a repeated key is recognised as a unique violation", async (t) => {
  const { db, close } = await openDatabase<Schema>({ kind: "sqlite", file: temporary(t) }, migrations);
  const insert = () => db.insertInto("account").values({ id: "a", amount: 1n, label: "x" }).execute();
  await insert();
  await assert.rejects(insert(), (error) => isUniqueViolation(error));
  await close();
});

test("a file at its bound answers overloaded, naming the file and the remedy", (t) => {
  const file = temporary(t);
  const database = openSqlite(file, { maxBytes: 16 * 4096 });
  database.exec("create table t (x blob)");
  const statement = database.prepare("insert into t values (?)");
  assert.throws(() => {
    for (let i = 0; i < 100; i++) statement.run(new Uint8Array(4000));
  }, /full/);
  assert.ok(sqliteUsedBytes(database) <= 16 * 4096);
  database.close();
});

test("Kysely's statements report a full file as overloaded", async (t) => {
  const file = temporary(t);
  const { db, close } = await openDatabase<Schema>({ kind: "sqlite", file, maxBytes: 32 * 4096 }, migrations);
  const fill = async () => {
    for (let i = 0; i < 200; i++) {
      await db
        .insertInto("account")
        .values({ id: `a${i}`, amount: 1n, label: "x".repeat(3000) })
        .execute();
    }
  };
  await assert.rejects(fill(), hasCode("overloaded", /test\.db.*raise the bound/));
  await close();
});

test("a transaction that a full file has ended says so, and the database goes on", async (t) => {
  const file = temporary(t);
  const { db, close } = await openDatabase<Schema>({ kind: "sqlite", file, maxBytes: 32 * 4096 }, migrations);
  const filling = db.transaction().execute(async (transaction) => {
    await transaction.insertInto("account").values({ id: "small", amount: 1n, label: "x" }).execute();
    const label = "x".repeat(200_000);
    await transaction.insertInto("account").values({ id: "large", amount: 1n, label }).execute();
  });
  await assert.rejects(filling, hasCode("overloaded", /test\.db.*raise the bound/));
  assert.deepEqual(await db.selectFrom("account").selectAll().execute(), []);
  await db.insertInto("account").values({ id: "a", amount: 1n, label: "x" }).execute();
  await close();
});

test("an exclusive file refuses a second opener at once", (t) => {
  const file = temporary(t);
  const first = openSqlite(file, { exclusive: true });
  assert.throws(() => openSqlite(file, { exclusive: true, busyTimeoutMs: 0 }), hasCode("unavailable", /in use/));
  first.close();
  openSqlite(file, { exclusive: true }).close();
});
