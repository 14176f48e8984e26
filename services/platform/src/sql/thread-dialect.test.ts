import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Kysely, sql } from "kysely";
import { SluiceError } from "../errors/index.ts";
import { openDatabase, type SqlQuestion, ThreadSql, threadDialect } from "./index.ts";

interface Schema {
  entry: { id: string; amount: bigint };
}

/** A database, and the same seen from another thread: questions and answers are copied. */
async function open(t: TestContext) {
  const own = await openDatabase<Schema>({ kind: "sqlite", file: ":memory:" }, {});
  await own.db.schema
    .createTable("entry")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("amount", "bigint", (column) => column.notNull())
    .execute();
  const served = new ThreadSql(own.db);
  const ask = async (question: SqlQuestion) => structuredClone(await served.answer(structuredClone(question)));
  const db = new Kysely<Schema>({ dialect: threadDialect(ask) });
  t.after(async () => {
    await db.destroy();
    await own.close();
  });
  return { own: own.db, db };
}

test("rows, counts and 64-bit amounts travel whole", async (t) => {
  const { db, own } = await open(t);
  const amounts = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n];
  for (const [index, amount] of amounts.entries()) {
    await db
      .insertInto("entry")
      .values({ id: `e${index}`, amount })
      .execute();
  }
  const rows = await db.selectFrom("entry").selectAll().orderBy("id").execute();
  assert.deepEqual(
    rows.map(({ amount }) => amount),
    amounts,
  );
  assert.equal((await own.selectFrom("entry").selectAll().execute()).length, amounts.length);
  const changed = await db.updateTable("entry").set({ amount: 1n }).where("id", "!=", "e0").executeTakeFirst();
  assert.equal(changed.numUpdatedRows, 2n);
});

test("a transaction is one: what fails leaves nothing, and the other side waits for its end", async (t) => {
  const { db, own } = await open(t);
  const failing = db.transaction().execute(async (transaction) => {
    await transaction.insertInto("entry").values({ id: "a", amount: 1n }).execute();
    throw new SluiceError("conflict", "Not today.");
  });
  await assert.rejects(failing, { code: "conflict" });
  const order: string[] = [];
  const theirs = db.transaction().execute(async (transaction) => {
    await transaction.insertInto("entry").values({ id: "b", amount: 1n }).execute();
    const ours = own
      .insertInto("entry")
      .values({ id: "c", amount: 1n })
      .execute()
      .then(() => order.push("own"));
    await transaction.insertInto("entry").values({ id: "d", amount: 1n }).execute();
    order.push("thread");
    return { ours };
  });
  await (await theirs).ours;
  assert.deepEqual(order, ["thread", "own"]);
  const rows = await db.selectFrom("entry").select("id").orderBy("id").execute();
  assert.deepEqual(
    rows.map(({ id }) => id),
    ["b", "c", "d"],
  );
});

test("a commit that fails is rolled back, and the database goes on", async (t) => {
  const { db } = await open(t);
  await sql`create table child (id text references entry (id) deferrable initially deferred)`.execute(db);
  const failing = db.transaction().execute(async (transaction) => {
    await transaction.insertInto("entry").values({ id: "a", amount: 1n }).execute();
    await sql`insert into child values ('missing')`.execute(transaction);
  });
  await assert.rejects(failing, /FOREIGN KEY/);
  assert.deepEqual(await db.selectFrom("entry").selectAll().execute(), []);
  await db.insertInto("entry").values({ id: "b", amount: 1n }).execute();
});

test("what cannot be bound or asked is refused as on the thread itself", async (t) => {
  const { db } = await open(t);
  await assert.rejects(sql`select ${new Date(0)}`.execute(db), { code: "internal" });
  await assert.rejects(sql`select nonsense from nowhere`.execute(db), /nowhere/);
});
