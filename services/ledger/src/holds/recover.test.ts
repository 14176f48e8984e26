import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openBus } from "@sluice/platform/bus";
import { createLogger } from "@sluice/platform/log";
import { openDatabase } from "@sluice/platform/sql";
import { NOTHING } from "../amounts.ts";
import { migrations } from "../store/migrations.ts";
import { LedgerReader } from "../store/reader.ts";
import type { LedgerSchema } from "../store/schema.ts";
import { MemoryStore } from "../testing/memory-store.ts";
import { recoverHolds } from "./recover.ts";
import type { HoldTerms, HoldUpkeep } from "./types.ts";
import { KnownTimeZones } from "./windows.ts";

const SLICE: HoldTerms = {
  ...{ id: "ses_1", tenant: "acme", accounts: [{ kind: "org", id: "acme" }], amounts: { ...NOTHING, nanousd: 9n } },
  ...{ size: [{ unit: "nanousd", value: 9n }], placedAt: 1, startedAt: 1, expiresAt: 9_000, sliceId: "", task: "" },
  ...{ requestId: "", provider: "", model: "", priceId: "", priceVersion: "", fingerprint: "", tags: {} },
};

test("a slice that another process opens while this one starts keeps its limit", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "recover-"));
  const bus = await openBus({ kind: "embedded", file: join(directory, "events.db") });
  t.after(() => bus.close());
  const database = await openDatabase<LedgerSchema>({ kind: "sqlite", file: join(directory, "ledger.db") }, migrations);
  t.after(() => database.close());
  const zones = new KnownTimeZones();
  for (const opened of ["before live holds are read", "after"]) {
    const shared = new MemoryStore(zones);
    const live = async () => {
      if (opened !== "after") await shared.place(SLICE);
      const found = await shared.upkeep.live();
      if (opened === "after") await shared.place(SLICE);
      return found;
    };
    const upkeep: HoldUpkeep = { ...shared.upkeep, live };
    const store = {
      upkeep,
      settle: shared.settle.bind(shared),
      balances: shared.balances.bind(shared),
      setLimits: shared.setLimits.bind(shared),
    };
    const log = createLogger({ service: "ledger", level: "silent" });
    const books = { database, reader: new LedgerReader(database), limits: [] };
    await recoverHolds({ ...books, store, bus, log, zones, alone: false, now: () => 1 });
    const session = (await shared.balances()).find(({ account }) => account.kind === "session");
    assert.equal(session?.limits.length, 1, opened);
  }
});
