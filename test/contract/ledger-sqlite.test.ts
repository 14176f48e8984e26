import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { eventually, temporaryDirectory } from "../harness/index.ts";
import { ledgerHostileSuite } from "./ledger-hostile-suite.ts";
import { ledgerPricesSuite } from "./ledger-prices-suite.ts";
import { ledgerSessionsSuite } from "./ledger-sessions-suite.ts";
import { ledgerSuite } from "./ledger-suite.ts";
import { balanceOf, ledgerWindowsSuite, limit } from "./ledger-windows-suite.ts";
import { KEY, LedgerWorld } from "./ledger-world.ts";

function make(config: Record<string, unknown>): LedgerWorld {
  return new LedgerWorld({
    database: { kind: "sqlite", file: join(temporaryDirectory("books"), "ledger.db") },
    config,
  });
}

ledgerSuite("SQLite, embedded holds", make);
ledgerHostileSuite("SQLite, embedded holds", make);
ledgerSessionsSuite("SQLite, embedded holds", make);
ledgerPricesSuite("SQLite, embedded holds", make);
ledgerWindowsSuite("SQLite, embedded holds", (config = {}) => make(config));

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
  for (const end of ["", "-wal", "-shm"])
    rmSync(join(world.directory, "ledger", `holds.sqlite${end}`), { force: true });
  await world.start();
  const key = await world.key();
  assert.deepEqual([key.limit, key.spent, key.held, key.openHolds], [20_000n, 5_000n, 13_000n, 2n]);
  const month = await balanceOf(world, KEY, "month");
  assert.deepEqual([month.limit, month.spent, month.held, month.openHolds], [25_000n, 5_000n, 13_000n, 2n]);
  assert.deepEqual(await world.ledger.void({ holdId: "att_3", tenantId: "acme", reason: "" }), { voided: false });
  assert.deepEqual(await world.ledger.void({ holdId: "att_2", tenantId: "acme", reason: "" }), { voided: true });
});
