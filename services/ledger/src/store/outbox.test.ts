import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type PrintedEvent, printEvent } from "@sluice/platform/bus";
import { createLogger } from "@sluice/platform/log";
import { openDatabase } from "@sluice/platform/sql";
import type { LedgerDatabase } from "./database.ts";
import { endedEvent, eventsToText } from "./events.ts";
import { migrations } from "./migrations.ts";
import { Outbox } from "./outbox.ts";
import type { LedgerSchema } from "./schema.ts";

async function open(t: TestContext): Promise<LedgerDatabase> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-outbox-"));
  const database = await openDatabase<LedgerSchema>({ kind: "sqlite", file: join(folder, "ledger.db") }, migrations);
  t.after(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });
  return database;
}

const ended = (holdId: string): PrintedEvent =>
  printEvent(endedEvent({ holdId, tenant: "acme", ending: "settled", at: 1, reason: "" }));

/** The outbox of one process, and what it has published. */
function outboxOf(database: LedgerDatabase) {
  const published: string[] = [];
  const bus = {
    publish: async (event: { readonly id: string }) => {
      published.push(event.id);
    },
  };
  const log = createLogger({ service: "ledger", level: "silent" });
  return { published, outbox: new Outbox({ database, bus, log }) };
}

test("events that a process left behind for good are published by one that lives, and by none that may still do it", async (t) => {
  const database = await open(t);
  const rows = async () =>
    (await database.db.selectFrom("outbox").select("id").orderBy("id").execute()).map((row) => row.id);
  const leave = async (id: bigint) =>
    await database.db
      .insertInto("outbox")
      .values({ id, events: eventsToText([ended(`h${id}`)]) })
      .execute();
  const { outbox, published } = outboxOf(database);
  await leave(1n);
  await outbox.adopt();
  await leave(2n);
  await outbox.flush(5_000);
  assert.deepEqual([published, await rows()], [[], [1n, 2n]]);
  await outbox.adopt();
  await outbox.flush(5_000);
  assert.deepEqual([published, await rows()], [["h1.settled"], [2n]]);
  await outbox.stop();
});

test("however many transactions wait, they are published and forgotten", async (t) => {
  const database = await open(t);
  // More than one statement of SQLite has room for.
  const count = 33_000;
  await database.db.transaction().execute(async (db) => {
    for (let id = 1; id <= count; id++) {
      const row = { id: BigInt(id), events: eventsToText([ended(`h${id}`)]) };
      await db.insertInto("outbox").values(row).execute();
    }
  });
  const { outbox, published } = outboxOf(database);
  await outbox.recover();
  await outbox.flush(30_000);
  assert.deepEqual([published.length, outbox.waiting], [count, 0]);
  assert.equal(await database.db.selectFrom("outbox").select("id").executeTakeFirst(), undefined);
  await outbox.stop();
});
