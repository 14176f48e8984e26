import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { AccountKind } from "@sluice/proto/common/v1/call_context";
import { eventually, temporaryDirectory } from "../harness/index.ts";
import { ledgerHostileSuite } from "./ledger-hostile-suite.ts";
import { ledgerPricesSuite } from "./ledger-prices-suite.ts";
import { ledgerSessionsSuite, moneyOf, ON_SLICE, openSlice } from "./ledger-sessions-suite.ts";
import { ledgerSuite } from "./ledger-suite.ts";
import { balanceOf, ledgerWindowsSuite, limit } from "./ledger-windows-suite.ts";
import { KEY, LedgerWorld, ORG } from "./ledger-world.ts";

function make(config: Record<string, unknown>): LedgerWorld {
  return new LedgerWorld({
    database: { kind: "sqlite", file: join(temporaryDirectory("books"), "ledger.db") },
    config,
  });
}

ledgerSuite("SQLite, embedded holds", make);
ledgerHostileSuite("SQLite, embedded holds", make);
ledgerSessionsSuite("SQLite, embedded holds", make, async (world) => kept(world));
ledgerPricesSuite("SQLite, embedded holds", make);
ledgerWindowsSuite("SQLite, embedded holds", (config = {}) => make(config));

/** Accounts that the hold store keeps totals of; the world has stopped. */
function kept({ directory }: LedgerWorld): readonly string[] {
  const holds = new DatabaseSync(join(directory, "ledger", "holds.sqlite"), { readOnly: true });
  const rows = holds.prepare("select account from accounts").all();
  holds.close();
  return rows.map(({ account }) => String(account));
}

function loseHolds(world: LedgerWorld): void {
  for (const end of ["", "-wal", "-shm", "-steps"]) {
    rmSync(join(world.directory, "ledger", `holds.sqlite${end}`), { force: true });
  }
}

test("a lost hold store gets sessions' slices back as far as their sessions have used them", async (t) => {
  const world = await make({}).start();
  t.after(() => world.close());
  await openSlice(world, 8_000n);
  await openSlice(world, 1_000n, { id: "ses_2" });
  await world.ledger.closeSlice({ sessionId: "ses_2", tenantId: "acme" });
  await world.granted("att_1", 2n, ON_SLICE);
  await world.metered("att_1", 1n);
  await eventually(async () => assert.deepEqual(await moneyOf(world, KEY), [1_000n, 7_000n]));
  await world.granted("att_2", 3n, ON_SLICE);
  const past = { kind: AccountKind.ACCOUNT_KIND_SESSION, id: "ses_3" };
  await world.granted("att_0", 2n, { accounts: [ORG, past] });
  await world.metered("att_0", 2n);
  await eventually(async () => assert.deepEqual(await moneyOf(world, past), [2_000n, 0n]));
  await world.stop();
  loseHolds(world);
  await world.start();
  await world.stop();
  const sessions = kept(world).filter((account) => account.startsWith("session:"));
  assert.deepEqual(sessions, ["session:ses_1"], "nothing is checked against one without a limit");
  await world.start();
  assert.deepEqual(await moneyOf(world, past), [2_000n, 0n]);
  assert.deepEqual(await moneyOf(world, KEY), [1_000n, 7_000n]);
  assert.equal((await world.hold("att_3", 5n, ON_SLICE)).outcome?.$case, "refused");
  await world.granted("att_4", 4n, ON_SLICE);
  assert.equal((await world.hold("att_5", 1n, { ...ON_SLICE, sliceId: "ses_2" })).outcome?.$case, "refused");
});

test("a lost hold store is rebuilt from the books and from every hold without an end", async (t) => {
  const world = await make({}).start();
  t.after(() => world.close());
  await world.limit(20_000n);
  await limit(world, { window: "month", value: 25_000n });
  await world.granted("att_1", 5n);
  await world.metered("att_1", 5n);
  await world.granted("att_2", 6n);
  await world.granted("att_3", 7n);
  await world.started("att_3");
  await eventually(async () => assert.equal((await world.key()).spent, 5_000n));
  await world.stop();
  loseHolds(world);
  await world.start();
  const key = await world.key();
  assert.deepEqual([key.limit, key.spent, key.held, key.openHolds], [20_000n, 5_000n, 13_000n, 2n]);
  const month = await balanceOf(world, KEY, "month");
  assert.deepEqual([month.limit, month.spent, month.held, month.openHolds], [25_000n, 5_000n, 13_000n, 2n]);
  assert.deepEqual(await world.ledger.void({ holdId: "att_3", tenantId: "acme", reason: "" }), { voided: false });
  assert.deepEqual(await world.ledger.void({ holdId: "att_2", tenantId: "acme", reason: "" }), { voided: true });
});

test("a correction that was booked when the process died is counted once after it starts again", async (t) => {
  const world = await make({}).start();
  t.after(() => world.close());
  await world.granted("att_1", 9n, { ttlMs: 1n });
  await world.started("att_1");
  await world.granted("att_2", 4n);
  await world.ledger.void({ holdId: "att_2", tenantId: "acme", reason: "" });
  await eventually(async () => assert.deepEqual(await moneyOf(world, KEY), [9_000n, 0n]));
  await world.stop();
  const before = temporaryDirectory("before");
  cpSync(join(world.directory, "ledger"), before, { recursive: true });
  await world.start();
  await world.metered("att_1", 2n);
  await world.metered("att_2", 3n);
  await eventually(async () => assert.deepEqual(await moneyOf(world, KEY), [5_000n, 0n]));
  await world.stop();
  // The hold store as it was when the books had the facts and it had not.
  loseHolds(world);
  cpSync(before, join(world.directory, "ledger"), { recursive: true });
  await world.start();
  await world.metered("att_1", 2n, {}, "again_1");
  await world.metered("att_2", 3n, {}, "again_2");
  await eventually(async () => assert.equal((await world.ledger.status({})).consumerLag, 0n));
  assert.deepEqual(await moneyOf(world, KEY), [5_000n, 0n]);
});
