import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openDatabase } from "@sluice/platform/sql";
import type { AccountRef } from "../accounts.ts";
import { EmbeddedHoldStore } from "../holds/embedded-store.ts";
import { KnownTimeZones } from "../holds/windows.ts";
import { applyFacts } from "../store/apply.ts";
import { Budgets } from "../store/budgets.ts";
import { migrations } from "../store/migrations.ts";
import { Months } from "../store/months.ts";
import { LedgerReader } from "../store/reader.ts";
import type { LedgerSchema } from "../store/schema.ts";
import { Turns } from "../turns.ts";
import { Agreement } from "./agreement.ts";
import { setLimits } from "./open-windows.ts";

const NOW = Date.UTC(2026, 4, 20, 12);
const ORG: AccountRef = { kind: "org", id: "acme" };

async function open(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), "agreement-"));
  const zones = new KnownTimeZones();
  const database = await openDatabase<LedgerSchema>({ kind: "sqlite", file: join(directory, "ledger.db") }, migrations);
  const store = new EmbeddedHoldStore(join(directory, "holds.db"), "process", zones);
  t.after(() => store.close());
  t.after(() => database.close());
  const budgets = new Budgets(database, [], zones);
  const clock = { now: NOW };
  const now = () => clock.now;
  const options = { database, store, budgets, reader: new LedgerReader(database), turns: new Turns(), now };
  return { ...options, clock, months: new Months(database), agreement: new Agreement(options) };
}

test("a counter that stays different from the books is set to them, one that moves is left alone", async (t) => {
  const { agreement, clock, store, budgets, ...rest } = await open(t);
  const change = { tenant: "acme", account: ORG, unit: "nanousd", window: "day", soft: false, limit: 100n } as const;
  await budgets.save(change);
  await setLimits({ ...rest, store, budgets }, [change]);
  const about = { attemptId: "a", requestId: "r", tenant: "acme", provider: "sim", model: "m", priceId: "p" };
  const fact = {
    ...about,
    priceVersion: "v",
    kind: "metered",
    billable: true,
    accounts: [ORG],
    heldNanousd: 9n,
  } as const;
  const total = { nanousd: 9n, inputTokens: 1n, outputTokens: 2n };
  // In the books, but the store has not heard of it.
  const at = { startedAt: NOW - 1_000, at: NOW, usage: "", task: "", tags: "" };
  await applyFacts({ ...rest, budgets }, [{ ...fact, ...at, total }]);

  const differing = ["acme org:acme", "acme org:acme (day)"];
  assert.deepEqual(await agreement.look(), { differing, repaired: 0 });
  clock.now += 4_000;
  assert.deepEqual(await agreement.look(), { differing, repaired: 0 });
  await store.upkeep.setSpent([{ tenant: "acme", account: ORG, spent: { ...total, nanousd: 8n } }]);
  clock.now += 4_000;
  assert.deepEqual(await agreement.look(), { differing, repaired: 1 });
  clock.now += 4_000;
  assert.deepEqual(await agreement.look(), { differing: ["acme org:acme"], repaired: 0 });
  clock.now += 4_000;
  assert.deepEqual(await agreement.look(), { differing: ["acme org:acme"], repaired: 1 });
  assert.deepEqual(await agreement.look(), { differing: [], repaired: 0 });
  const [view] = await store.balances("acme", [ORG]);
  assert.deepEqual([view?.spent, view?.windows[0]?.spent], [total, total]);
});

test("a window that the store does not know of is set at once: a limit it never got to hear how to open", async (t) => {
  const { agreement, store, budgets, ...rest } = await open(t);
  const about = { attemptId: "a", requestId: "r", tenant: "acme", provider: "sim", model: "m", priceId: "p" };
  const at = { startedAt: NOW - 1_000, at: NOW, usage: "", task: "", tags: "" };
  const total = { nanousd: 9n, inputTokens: 1n, outputTokens: 2n };
  const fact = { ...about, ...at, priceVersion: "v", kind: "metered", billable: true, heldNanousd: 9n } as const;
  await applyFacts({ ...rest, budgets }, [{ ...fact, accounts: [ORG], total }]);
  await store.upkeep.setSpent([{ tenant: "acme", account: ORG, spent: total }]);
  const change = { tenant: "acme", account: ORG, unit: "nanousd", window: "month", soft: false, limit: 9n } as const;
  await budgets.save(change);
  await store.setLimits([change]);
  assert.deepEqual(await agreement.look(), { differing: ["acme org:acme (month)"], repaired: 1 });
  assert.deepEqual(await agreement.look(), { differing: [], repaired: 0 });
});

test("limits the store never got to hear of, or was told of in another order, are set to the books when they stay different", async (t) => {
  const { agreement, clock, store, budgets, ...rest } = await open(t);
  const total = { tenant: "acme", account: ORG, unit: "nanousd", window: "total", soft: false } as const;
  const day = { ...total, window: "day", limit: 50n } as const;
  const session = { ...total, account: { kind: "session", id: "ses_1" }, limit: 5n } as const;
  await budgets.save({ ...total, limit: 100n });
  await budgets.save(day);
  await store.setLimits([{ ...total, limit: 90n }, { ...total, unit: "tokens", limit: 7n }, session]);
  // Another process has told the books alone.
  const other = new Budgets(rest.database, [], new KnownTimeZones());
  await other.save({ ...total, limit: 110n });
  assert.deepEqual((await agreement.look()).repaired, 0);
  clock.now += 6_000;
  assert.deepEqual((await agreement.look()).repaired, 2, "the total has changed meanwhile");
  assert.deepEqual((await agreement.look()).repaired, 0);
  clock.now += 6_000;
  assert.deepEqual((await agreement.look()).repaired, 1);
  const limitsOf = async (account: AccountRef) => (await store.balances("acme", [account]))[0]?.limits;
  const limits = await limitsOf(ORG);
  assert.deepEqual(limits?.map(({ window, unit, limit }) => `${window} ${unit} ${limit}`).toSorted(), [
    "day nanousd 50",
    "total nanousd 110",
  ]);
  assert.equal((await limitsOf(session.account))?.length, 1, "a session's may be its slice's");
  clock.now += 6_000;
  assert.deepEqual((await agreement.look()).repaired, 0);
});
