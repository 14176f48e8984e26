import assert from "node:assert/strict";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { EmbeddedHoldStore } from "../../services/ledger/src/holds/embedded-store.ts";
import { startNode, temporaryDirectory } from "../harness/index.ts";
import { freshTenant, holdsSuite, nano, termsOf } from "./holds-suite.ts";

const shared = new EmbeddedHoldStore(join(temporaryDirectory("holds"), "holds.sqlite"));
after(() => shared.close());
holdsSuite("embedded", () => shared);

const ORG = { kind: "org", id: "acme" } as const;

describe("durability (embedded)", () => {
  test("everything is there after closing and opening again", async () => {
    const file = join(temporaryDirectory("holds"), "holds.sqlite");
    const tenant = freshTenant();
    const first = new EmbeddedHoldStore(file);
    await first.setLimits([{ tenant, account: ORG, unit: "nanousd", limit: 100n }]);
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

  test("a second opener is refused", async () => {
    const file = join(temporaryDirectory("holds"), "holds.sqlite");
    const store = new EmbeddedHoldStore(file);
    assert.throws(() => new EmbeddedHoldStore(file));
    await store.close();
  });
});
