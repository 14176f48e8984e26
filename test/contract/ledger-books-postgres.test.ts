// needs: postgres
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { createLogger } from "@sluice/platform/log";
import { createMetrics } from "@sluice/platform/metrics";
import { type DatabaseOptions, openDatabase } from "@sluice/platform/sql";
import { sql } from "kysely";
import { OwnKeeper } from "../../services/ledger/src/books/keeper.ts";
import { Agreement } from "../../services/ledger/src/budgets/agreement.ts";
import { setLimits } from "../../services/ledger/src/budgets/open-windows.ts";
import { EmbeddedHoldStore } from "../../services/ledger/src/holds/embedded-store.ts";
import { KnownTimeZones } from "../../services/ledger/src/holds/windows.ts";
import { ledgerMetrics } from "../../services/ledger/src/ledger-metrics.ts";
import { settleFacts } from "../../services/ledger/src/settlement.ts";
import { applyFacts } from "../../services/ledger/src/store/apply.ts";
import { BalanceCheck } from "../../services/ledger/src/store/balance-check.ts";
import { Budgets } from "../../services/ledger/src/store/budgets.ts";
import { migrations } from "../../services/ledger/src/store/migrations.ts";
import { Months } from "../../services/ledger/src/store/months.ts";
import { LedgerReader } from "../../services/ledger/src/store/reader.ts";
import type { LedgerSchema } from "../../services/ledger/src/store/schema.ts";
import { Turns } from "../../services/ledger/src/turns.ts";
import { eventually, startPostgres, temporaryDirectory } from "../harness/index.ts";
import { booksSuite, fact } from "./ledger-books-suite.ts";
import { rollupsSuite } from "./ledger-rollups-suite.ts";

const postgres = await startPostgres();
after(() => postgres.stop());
let schemas = 0;

function place(): DatabaseOptions {
  const { host, port, user, password } = postgres;
  const connection = { host, port, user, password, database: "postgres" };
  return { kind: "postgres", connection, schema: `books_${schemas++}`, poolSize: 4 };
}

booksSuite("PostgreSQL", place);
rollupsSuite("PostgreSQL", place);

test("what a process of an earlier version was just booking when the books were migrated is in every span", async (t) => {
  const target = place();
  const { "0006-spans": _, "0007-numbers": __, ...earlier } = migrations;
  const old = await openDatabase<unknown>(target, earlier);
  t.after(() => old.close());
  const booking = await old.db.startTransaction().execute();
  await sql`insert into rollups values ('acme', 'key:a', 1920000, 7, 1, 2, 3)`.execute(booking);
  const migrating = openDatabase<LedgerSchema>(target, migrations);
  await eventually(async () => {
    const { rows } = await sql`select pid from pg_locks where not granted`.execute(old.db);
    assert.equal(rows.length, 1);
  });
  await booking.commit().execute();
  const database = await migrating;
  t.after(() => database.close());
  const rows = await database.db.selectFrom("rollups").selectAll().orderBy("span").execute();
  assert.deepEqual(
    rows.map(({ span, slot, nanousd }) => [span, slot, nanousd]),
    [
      [1n, 1_920_000n, 7n],
      [12n, 160_000n, 7n],
      [96n, 20_000n, 7n],
    ],
  );
});

test("a window that one process opens while another settles never counts too little, and ends as the books say", async (t) => {
  const database = await openDatabase<LedgerSchema>(place(), migrations);
  t.after(() => database.close());
  const zones = new KnownTimeZones();
  const store = new EmbeddedHoldStore(join(temporaryDirectory("shared"), "holds.db"), "process", zones);
  t.after(() => store.close());
  const ORG = { kind: "org", id: "acme" } as const;
  const change = { tenant: "acme", account: ORG, unit: "nanousd", window: "month", soft: false, limit: 9n } as const;
  const process = () => {
    const budgets = new Budgets(database, [], zones);
    const parts = { database, budgets, months: new Months(database), turns: new Turns(), store };
    return { ...parts, reader: new LedgerReader(database) };
  };
  const [one, other] = [process(), process()];
  const metrics = ledgerMetrics(createMetrics({ processMetrics: false }));
  const log = createLogger({ service: "ledger", level: "silent" });
  const settling = { ...one, metrics, log, outbox: { add: () => undefined, waiting: 0 }, keeper: new OwnKeeper(one) };
  const clock = { now: fact("x", 0n).at };
  const opening = { ...other, now: () => clock.now };
  let settled = false;
  const settle = async (): Promise<void> => {
    for (let batch = 0; batch < 60; batch++) {
      await settleFacts(
        settling,
        [0, 1, 2].map((index) => fact(`${batch}.${index}`, 7n)),
      );
    }
    settled = true;
  };
  const open = async (): Promise<void> => {
    await other.budgets.save(change);
    while (!settled) await setLimits(opening, [change]);
  };
  await Promise.all([settle(), open()]);
  const spent = async (): Promise<bigint> => (await store.balances("acme", [ORG]))[0]?.windows[0]?.spent.nanousd ?? 0n;
  assert.ok((await spent()) >= 180n * 7n, `${await spent()} is less than was booked`);
  const agreement = new Agreement(opening);
  await agreement.look();
  clock.now += 6_000;
  await agreement.look();
  assert.equal(await spent(), 180n * 7n);
});

test("two processes that check the books at once, while a third one writes, find nothing that is not so", async (t) => {
  const target = place();
  const open = async () => {
    const database = await openDatabase<LedgerSchema>(target, migrations);
    t.after(() => database.close());
    return database;
  };
  const database = await open();
  const writer = { database, budgets: new Budgets(database, [], new KnownTimeZones()), months: new Months(database) };
  let written = false;
  const write = async (): Promise<void> => {
    for (let batch = 0; batch < 150; batch++) {
      const accounts = [{ kind: "key", id: `key_${batch}` } as const];
      await applyFacts(
        writer,
        [0, 1, 2].map((index) => fact(`${batch}.${index}`, 7n, { accounts })),
      );
    }
    written = true;
  };
  const look = async (): Promise<readonly string[]> => {
    const check = new BalanceCheck(await open(), new Turns());
    const found: string[] = [];
    while (!written) found.push(...(await check.run()).differing);
    return found;
  };
  assert.deepEqual(await Promise.all([look(), look(), write()]), [[], [], undefined]);
});
