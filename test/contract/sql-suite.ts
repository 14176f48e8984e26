import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import {
  type DatabaseOptions,
  isUniqueViolation,
  type Migrations,
  type OpenDatabase,
  openDatabase,
} from "@sluice/platform/sql";
import { type Kysely, sql } from "kysely";

interface Schema {
  entry: { id: string; amount: bigint; note: string | null; share: number | null };
}

const migrations: Migrations = {
  "0001-entry": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("entry")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("amount", "bigint", (column) => column.notNull())
        .addColumn("note", "text")
        .addColumn("share", "real")
        .execute();
    },
  },
};

const INT64_MAX = 2n ** 63n - 1n;
const EDGES = [0n, -1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, INT64_MAX, -(2n ** 63n)];

/** What both databases do alike; `fresh` names an empty place (a file, a schema) at each call. */
export function sqlSuite(name: string, fresh: () => DatabaseOptions): void {
  const open = (options: DatabaseOptions = fresh()) => openDatabase<Schema>(options, migrations);
  const withDatabase = (run: (db: OpenDatabase<Schema>["db"]) => Promise<void>) => async () => {
    const { db, close } = await open();
    try {
      await run(db);
    } finally {
      await close();
    }
  };
  const insert = (db: Kysely<Schema>, id: string, amount: bigint) =>
    db.insertInto("entry").values({ id, amount, note: null, share: 0.5 }).execute();

  describe(`SQL on ${name}`, () => {
    test(
      "keeps every digit of 64-bit amounts",
      withDatabase(async (db) => {
        for (const [index, amount] of EDGES.entries()) await insert(db, `e${index}`, amount);
        const rows = await db.selectFrom("entry").selectAll().orderBy("id").execute();
        assert.deepEqual(
          rows.map(({ amount }) => amount),
          EDGES,
        );
        assert.equal(rows[0]?.share, 0.5);
        const found = await db
          .selectFrom("entry")
          .select("id")
          .where("amount", "=", 2n ** 53n + 1n)
          .execute();
        assert.deepEqual(
          found.map(({ id }) => id),
          ["e4"],
        );
      }),
    );

    test(
      "sums and counts as bigint",
      withDatabase(async (db) => {
        await insert(db, "a", 2n ** 53n);
        await insert(db, "b", 1n);
        const { rows } = await sql<{ total: bigint; n: bigint; small: bigint }>`
          select cast(sum(amount) as bigint) as total, count(*) as n, cast(7 as integer) as small from entry`.execute(
          db,
        );
        assert.deepEqual({ ...rows[0] }, { total: 2n ** 53n + 1n, n: 2n, small: 7n });
        const updated = await db.updateTable("entry").set({ note: "x" }).executeTakeFirstOrThrow();
        assert.equal(updated.numUpdatedRows, 2n);
      }),
    );

    test(
      "takes back a transaction that throws, and shows one that commits",
      withDatabase(async (db) => {
        const failing = db.transaction().execute(async (transaction) => {
          await insert(transaction, "a", 1n);
          throw new Error("no");
        });
        await assert.rejects(failing, /^Error: no$/);
        await db.transaction().execute((transaction) => insert(transaction, "b", 2n));
        const rows = await db.selectFrom("entry").select("id").execute();
        assert.deepEqual(
          rows.map(({ id }) => id),
          ["b"],
        );
      }),
    );

    test(
      "adds up under concurrent transactions",
      withDatabase(async (db) => {
        await insert(db, "a", 2n ** 53n);
        const add = () =>
          db.transaction().execute((transaction) =>
            transaction
              .updateTable("entry")
              .set(({ eb }) => ({ amount: eb("amount", "+", 1n) }))
              .where("id", "=", "a")
              .execute(),
          );
        await Promise.all(Array.from({ length: 40 }, add));
        const row = await db.selectFrom("entry").select("amount").executeTakeFirstOrThrow();
        assert.equal(row.amount, 2n ** 53n + 40n);
      }),
    );

    test(
      "refuses parameters that would be stored as something else",
      withDatabase(async (db) => {
        for (const bad of [undefined, new Date(), 2 ** 53, Number.NaN, { a: 1 }]) {
          const bound = db
            .insertInto("entry")
            .values({ id: "a", amount: bad as unknown as bigint, note: null, share: null });
          const compiled = sql`select ${bad}`.execute(db);
          await assert.rejects(
            compiled,
            (error) => error instanceof SluiceError && /parameter 1 is/.test(error.message),
          );
          if (bad !== undefined) await assert.rejects(bound.execute(), SluiceError);
        }
        assert.deepEqual(await db.selectFrom("entry").selectAll().execute(), []);
      }),
    );

    test(
      "recognises a repeated key and goes on",
      withDatabase(async (db) => {
        await insert(db, "a", 1n);
        await assert.rejects(insert(db, "a", 1n), isUniqueViolation);
        const again = await db
          .insertInto("entry")
          .values({ id: "a", amount: 9n, note: null, share: null })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow();
        assert.equal(again.numInsertedOrUpdatedRows, 0n);
      }),
    );

    test("migrates once, however often and however many at a time it is opened", async () => {
      const place = fresh();
      const opened = await Promise.all([open(place), open(place), open(place)]);
      const [first] = opened;
      assert.ok(first);
      await insert(first.db, "a", 1n);
      for (const { close } of opened) await close();
      const again = await open(place);
      assert.equal((await again.db.selectFrom("entry").selectAll().execute()).length, 1);
      await again.close();
    });

    test("refuses a schema from a newer version, naming what it does not know", async () => {
      const place = fresh();
      const newer = { ...migrations, "0002-from-the-future": { up: async () => undefined } };
      await (await openDatabase<Schema>(place, newer)).close();
      await assert.rejects(open(place), /written by a newer version \(it has 0002-from-the-future\)/);
    });
  });
}
