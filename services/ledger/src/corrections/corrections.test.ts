import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createLogger } from "@sluice/platform/log";
import { createMetrics } from "@sluice/platform/metrics";
import { openDatabase } from "@sluice/platform/sql";
import { OwnKeeper } from "../books/keeper.ts";
import { EmbeddedHoldStore } from "../holds/embedded-store.ts";
import { KnownTimeZones } from "../holds/windows.ts";
import { ledgerMetrics } from "../ledger-metrics.ts";
import { Budgets } from "../store/budgets.ts";
import { migrations } from "../store/migrations.ts";
import { Months } from "../store/months.ts";
import type { LedgerSchema } from "../store/schema.ts";
import { Turns } from "../turns.ts";
import { adjust } from "./adjust.ts";
import { Corrections } from "./corrections.ts";

const NOW = Date.UTC(2026, 10, 2);

/** Corrections beside an outbox of which the test says how much waits in it. */
async function open(t: TestContext, waiting: () => number) {
  const folder = await mkdtemp(join(tmpdir(), "sluice-corrections-"));
  const zones = new KnownTimeZones();
  const database = await openDatabase<LedgerSchema>({ kind: "sqlite", file: join(folder, "ledger.db") }, migrations);
  const store = new EmbeddedHoldStore(join(folder, "holds.db"), "process", zones);
  t.after(async () => {
    await store.close();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });
  const outbox = {
    add: () => undefined,
    get waiting() {
      return waiting();
    },
  };
  const books = { database, budgets: new Budgets(database, [], zones), months: new Months(database) };
  const parts = { ...books, keeper: new OwnKeeper(books), store, outbox, turns: new Turns() };
  const metrics = ledgerMetrics(createMetrics({ processMetrics: false }));
  const log = createLogger({ service: "ledger", level: "silent" });
  const corrections = new Corrections({ ...parts, metrics, log }, 100);
  const given = { provider: "acme", model: "large", amountNanousd: -5n, inputTokens: 0n, outputTokens: 0n };
  const adjustment = { id: "rec_1", tenantId: "acme", accounts: [], reason: "", usage: undefined, ...given };
  const request = { adjustments: [{ ...adjustment, atMs: BigInt(NOW) }] };
  return async () => await adjust({ corrections, now: () => NOW }, request);
}

test("an entry waits until the bus has taken enough of the earlier ones", async (t) => {
  let looks = 0;
  const post = await open(t, () => (looks++ < 3 ? 1_000 : 999));
  assert.deepEqual((await post()).posted, ["rec_1"]);
  assert.equal(looks, 4);
});

test("while the bus takes nothing, entries are refused instead of filling the memory, and nothing is posted", async (t) => {
  let waiting = 1_000;
  const post = await open(t, () => waiting);
  await assert.rejects(post(), /1000 transactions wait for the bus/);
  waiting = 0;
  assert.deepEqual((await post()).posted, ["rec_1"]);
  assert.deepEqual((await post()).posted, []);
});
