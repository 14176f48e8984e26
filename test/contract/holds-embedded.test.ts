import assert from "node:assert/strict";
import { appendFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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
    ];
    const seen = async (one: EmbeddedHoldStore) => ({
      org: await one.balances(tenant, [ORG]),
      live: (await one.upkeep.live()).toSorted((a, b) => a.id.localeCompare(b.id)),
      all: await one.find(["h0", "h1", "h2", "h3"].map((id) => ({ tenant, id }))),
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

  test("a second opener is refused", async () => {
    const file = join(temporaryDirectory("holds"), "holds.sqlite");
    const store = new EmbeddedHoldStore(file);
    assert.throws(() => new EmbeddedHoldStore(file));
    await store.close();
  });
});
