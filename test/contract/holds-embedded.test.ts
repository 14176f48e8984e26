import assert from "node:assert/strict";
import { appendFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, test } from "node:test";
import { EmbeddedHoldStore } from "../../services/ledger/src/holds/embedded-store.ts";
import { startNode, temporaryDirectory } from "../harness/index.ts";
import { freshTenant, HARD, nano, termsOf } from "./holds-kit.ts";
import { holdsSuite } from "./holds-suite.ts";
import { ZONES } from "./holds-windows-suite.ts";

const shared = new EmbeddedHoldStore(join(temporaryDirectory("holds"), "holds.sqlite"), "process", ZONES);
after(() => shared.close());
holdsSuite("embedded", () => shared);

const ORG = { kind: "org", id: "acme" } as const;

const DAILY = { window: "day", unit: "nanousd", soft: false, limit: 500n } as const;
const SIZE = [{ unit: "nanousd", value: 50n }] as const;
const ON_SLICE = { sliceId: "ses_1", accounts: [{ kind: "session", id: "ses_1" }, ORG] } as const;

/** The tables as they were before windows. */
const TOTALS_ONLY = `
create table live_holds (
  tenant text not null, id text not null, started integer not null, nanousd integer not null,
  input_tokens integer not null, output_tokens integer not null, placed_at integer not null, expires_at integer not null,
  detail text not null, primary key (tenant, id)) without rowid;
create table accounts (
  tenant text not null, account text not null, nanousd integer not null, input_tokens integer not null,
  output_tokens integer not null, limit_nanousd integer, limit_tokens integer, limit_input_tokens integer,
  limit_output_tokens integer, primary key (tenant, account)) without rowid;`;

describe("durability (embedded)", () => {
  test("everything is there after closing and opening again", async () => {
    const file = join(temporaryDirectory("holds"), "holds.sqlite");
    const tenant = freshTenant();
    const first = new EmbeddedHoldStore(file);
    await first.setLimits([{ ...HARD, tenant, account: ORG, unit: "nanousd", limit: 100n }]);
    for (const id of ["h1", "h2", "h3"]) await (await first.place(termsOf(tenant, id, nano(10n)))).durable;
    await first.settle([{ tenant, id: "h1", total: nano(7n), rank: 2, ending: "settled", at: 5 }]);
    await first.markStarted([{ tenant, id: "h2" }]);
    await first.shrink({ tenant, id: "h2" }, 8n);
    const seen = async (store: EmbeddedHoldStore) => ({
      org: await store.balances(tenant, [ORG]),
      live: (await store.upkeep.live()).toSorted((a, b) => a.id.localeCompare(b.id)),
      ended: await store.find([{ tenant, id: "h1" }]),
    });
    const before = await seen(first);
    await first.close();
    const second = new EmbeddedHoldStore(file);
    assert.deepEqual(await seen(second), before);
    assert.deepEqual([before.org[0]?.spent.nanousd, before.org[0]?.held.nanousd], [7n, 18n]);
    await second.close();
  });

  test("a hold that was answered survives kill -9 at once", async () => {
    const file = join(temporaryDirectory("holds"), "holds.sqlite");
    const child = startNode(join(import.meta.dirname, "holds-child.ts"), { args: [file] });
    const answered = await child.line(/^answered (\d+)$/);
    await child.kill();
    const store = new EmbeddedHoldStore(file);
    const placed = Number(answered[1]);
    assert.ok((await store.openHolds()) >= placed);
    const [org] = await store.balances("acme", [ORG]);
    assert.equal(org?.held.nanousd, BigInt(await store.openHolds()));
    await store.close();
  });

  test("whatever was answered is there when the process ends between any two steps, with the journal anywhere on its way", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const folder = temporaryDirectory("holds");
    const store = new EmbeddedHoldStore(join(folder, "holds.sqlite"));
    const tenant = freshTenant();
    await store.setLimits([{ ...HARD, tenant, account: ORG, unit: "nanousd", limit: 1_000n }]);
    const settled = (id: string, rank: 1 | 2, charge: bigint) =>
      store.settle([{ tenant, id, total: nano(charge), rank, ending: rank === 1 ? "expired" : "settled", at: 5 }]);
    const steps: readonly (() => Promise<unknown>)[] = [
      ...["h1", "h2", "h3"].map((id) => async () => (await store.place(termsOf(tenant, id, nano(10n)))).durable),
      () => store.markStarted([{ tenant, id: "h1" }]),
      () => store.renew({ tenant, id: "h2" }, 99_000),
      () => settled("h1", 1, 7n),
      () => store.shrink({ tenant, id: "h2" }, 4n),
      () => settled("h1", 2, 3n),
      () => store.void({ tenant, id: "h3" }, 6),
      async () => (await store.place(termsOf(tenant, "h0", nano(2n)))).durable,
      () => settled("h2", 2, 5n),
      () => settled("h1", 2, 4n),
      () => store.setLimits([{ ...HARD, tenant, account: ORG, unit: "nanousd", limit: undefined }]),
      () => store.setLimits([{ ...DAILY, tenant, account: ORG, opening: { start: 0, spent: nano(8n) } }]),
      async () => (await store.place(termsOf(tenant, "h4", nano(9n)))).durable,
      () => store.markStarted([{ tenant, id: "h4" }]),
      async () => (await store.place(termsOf(tenant, "ses_1", nano(50n), { size: SIZE }))).durable,
      async () => (await store.place(termsOf(tenant, "h5", nano(20n), ON_SLICE))).durable,
      () => settled("h4", 2, 6n),
      () => settled("h5", 2, 11n),
      () => store.void({ tenant, id: "ses_1" }, 7),
    ];
    const seen = async (one: EmbeddedHoldStore) => ({
      accounts: (await one.balances(tenant)).toSorted((a, b) => a.account.kind.localeCompare(b.account.kind)),
      live: (await one.upkeep.live()).toSorted((a, b) => a.id.localeCompare(b.id)),
      all: await one.find(["h0", "h1", "h2", "h3", "h4", "h5", "ses_1"].map((id) => ({ tenant, id }))),
    });
    for (const [index, step] of steps.entries()) {
      await step();
      // Every third time the steps so far go into the tables.
      if (index % 3 === 2) t.mock.timers.tick(1_000);
      const copy = temporaryDirectory("holds-copy");
      cpSync(folder, copy, { recursive: true });
      appendFileSync(join(copy, "holds.sqlite-steps"), '99 ["hold","half a li');
      for (let opening = 1; opening <= 2; opening++) {
        const reopened = new EmbeddedHoldStore(join(copy, "holds.sqlite"));
        assert.deepEqual(await seen(reopened), await seen(store), `after step ${index + 1}, opening ${opening}`);
        await reopened.close();
      }
    }
    await store.close();
  });

  test("steps that a dead process had carried into the tables already change nothing when they are followed again", async () => {
    const folder = temporaryDirectory("holds");
    const [file, journal] = [join(folder, "holds.sqlite"), join(folder, "holds.sqlite-steps")];
    const tenant = freshTenant();
    const store = new EmbeddedHoldStore(file);
    await (await store.place(termsOf(tenant, "h1", nano(10n)))).durable;
    await store.settle([{ tenant, id: "h1", total: nano(7n), rank: 2, ending: "settled", at: 5 }]);
    const steps = readFileSync(journal);
    assert.ok(steps.length > 0);
    const before = await store.balances(tenant, [ORG]);
    await store.close();
    writeFileSync(journal, steps);
    const again = new EmbeddedHoldStore(file);
    assert.deepEqual(await again.balances(tenant, [ORG]), before);
    assert.equal(await again.openHolds(), 0);
    await again.close();
  });

  test("files of a version that knew totals alone are read, and written from then on as they are now", async () => {
    const file = join(temporaryDirectory("holds"), "holds.sqlite");
    const tenant = freshTenant();
    const database = new DatabaseSync(file);
    database.exec(TOTALS_ONLY);
    const detail = JSON.stringify(["req_1", "sim", "small", "sim/small", "sim/small@1", "same", "org:acme"]);
    const columns = [tenant, "h1", 1, 5, 6, 7, 1_000, 61_000, detail];
    database.prepare("insert into live_holds values (?,?,?,?,?,?,?,?,?)").run(...columns);
    database
      .prepare("insert into accounts values (?,?,?,?,?,?,?,?,?)")
      .run(tenant, "org:acme", 40, 2, 3, 100, null, null, 10);
    database.close();
    for (let opening = 1; opening <= 2; opening++) {
      const store = new EmbeddedHoldStore(file);
      const [org] = await store.balances(tenant, [ORG]);
      assert.deepEqual([org?.spent.nanousd, org?.held.nanousd, org?.windows], [40n, 5n, []]);
      assert.deepEqual(org?.limits, [
        { ...HARD, unit: "nanousd", limit: 100n },
        { ...HARD, unit: "output_tokens", limit: 10n },
      ]);
      const hold = (await store.find([{ tenant, id: "h1" }])).get("h1");
      assert.deepEqual(
        [hold?.startedAt, hold?.sliceId, hold?.size, hold?.counters, hold?.tags],
        [1_000, "", [], [], {}],
      );
      await store.upkeep.setSpent([
        { tenant, account: ORG, spent: { ...nano(40n), inputTokens: 2n, outputTokens: 3n } },
      ]);
      await store.close();
    }
  });

  test("a second opener is refused", async () => {
    const file = join(temporaryDirectory("holds"), "holds.sqlite");
    const store = new EmbeddedHoldStore(file);
    assert.throws(() => new EmbeddedHoldStore(file));
    await store.close();
  });
});
