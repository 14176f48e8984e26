import assert from "node:assert/strict";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { eventually, temporaryDirectory } from "../harness/index.ts";
import type { LedgerWorld } from "./ledger-world.ts";

/** Now: a hold whose attempt began long ago is refused. */
const START = BigInt(Date.now());

interface PriceFile {
  /** Name of the first version. */
  readonly first?: string;
  readonly input?: number;
  readonly output?: number;
  readonly more?: readonly object[];
  readonly discount?: number;
}

/** A file of prices for one model: 1,000 nano-USD a token at first, half of it in batch, and whatever else the case wants. */
function fileOf({ first: version = "1", output = 1_000_000_000, more = [], discount }: PriceFile): string {
  const first = {
    version,
    valid_from: "2026-01-01T00:00:00Z",
    input: 1_000_000_000,
    output,
    tiers: { batch: { percent: 50 }, priority: { percent: 200 } },
  };
  const overrides = [
    { id: "acme-1", org: "acme", price_id: "own/*", valid_from: "2026-01-01T00:00:00Z", discount_percent: discount },
  ];
  const prices = [{ price_id: "own/model", versions: [first, ...more] }];
  const head = { provider: "own", source: "test", retrieved: "2026-01-01" };
  return JSON.stringify({ ...head, prices, overrides: discount === undefined ? [] : overrides });
}

async function write(directory: string, text: string): Promise<void> {
  await writeFile(join(directory, ".new"), text);
  await rename(join(directory, ".new"), join(directory, "own.json"));
}

const OWN = { priceId: "own/model", startedAtMs: START };

/** What ten tokens of output cost, by a version or by what is in force. */
async function quote(world: LedgerWorld, priceVersion: string, tenantId = "") {
  const usage = { inputTokens: 0n, outputTokens: 10n, serverToolCalls: {}, rawJson: "" };
  const question = { priceId: "own/model", usage, atMs: START, serviceTier: "" };
  return await world.ledger.quote({ ...question, priceVersion, tenantId });
}

/** Prices that change while the ledger runs, prices of one organisation, and processing tiers. */
export function ledgerPricesSuite(name: string, make: (config: Record<string, unknown>) => LedgerWorld): void {
  async function open(t: TestContext, file: PriceFile) {
    const directory = temporaryDirectory("prices");
    await write(directory, fileOf(file));
    const world = await make({ prices_directory: directory, prices_poll_ms: 20 }).start();
    t.after(() => world.close());
    return { world, change: (other: PriceFile) => write(directory, fileOf(other)) };
  }

  async function posted(world: LedgerWorld, requestId: string) {
    const { postings } = await world.ledger.postings({ tenantId: "acme", after: 0n, limit: 10, requestId });
    return postings.map(({ amountNanousd, priceVersion }) => [amountNanousd, priceVersion]);
  }

  describe(`prices (${name})`, () => {
    test("what was held by a version that left the files is settled by it, also after a restart", async (t) => {
      const { world, change } = await open(t, {});
      const granted = await world.granted("att_1", 10n, OWN);
      await world.stop();
      await change({ first: "other", output: 5_000_000_000 });
      await world.start();
      await world.metered("att_1", 10n, { priceVersion: granted.priceVersion });
      await eventually(async () => {
        assert.deepEqual(await posted(world, "req_att_1"), [[10_000n, "own/model@1"]]);
      });
      assert.equal((await quote(world, "")).priceVersion, "own/model@other");
    });

    test("a new version is held and charged by without a restart, and told of; what was held before keeps its own", async (t) => {
      const { world, change } = await open(t, {});
      const before = await world.granted("att_1", 10n, OWN);
      assert.deepEqual([before.heldNanousd, before.priceVersion], [10_000n, "own/model@1"]);
      await change({
        more: [{ version: "2", valid_from: "2026-10-01T00:00:00Z", input: 3_000_000_000, output: 3_000_000_000 }],
      });
      let granted = before;
      let attempt = 1;
      await eventually(async () => {
        attempt += 1;
        granted = await world.granted(`att_${attempt}`, 10n, OWN);
        assert.equal(granted.priceVersion, "own/model@2");
      });
      assert.equal(granted.heldNanousd, 30_000n);
      await world.metered("att_1", 10n, { priceVersion: before.priceVersion });
      await world.metered(`att_${attempt}`, 10n, { priceVersion: granted.priceVersion });
      await eventually(async () => {
        assert.deepEqual(await posted(world, "req_att_1"), [[10_000n, "own/model@1"]]);
        assert.deepEqual(await posted(world, `req_att_${attempt}`), [[30_000n, "own/model@2"]]);
      });
      await eventually(async () => {
        const changes = await world.events("price.changed");
        const versions = changes.map(({ priceVersion }) => priceVersion);
        assert.equal(versions.filter((version) => version === "own/model@2").length, 1);
      });
    });

    test("a file that changes a version is not taken, whatever else is in it; the next good one is", async (t) => {
      const { world, change } = await open(t, {});
      const version = (name: string, day: string, rate: number) => ({
        version: name,
        valid_from: `${day}T00:00:00Z`,
        input: rate,
        output: rate,
      });
      await change({ output: 9_000_000_000, more: [version("2", "2026-02-01", 2_000_000_000)] });
      await eventually(async () => {
        const { body } = await world.metrics.render();
        assert.match(body, /^sluice_ledger_price_files_unusable 1$/m);
      });
      assert.equal((await world.granted("att_1", 10n, OWN)).heldNanousd, 10_000n);
      await change({ more: [version("3", "2026-03-01", 3_000_000_000)] });
      await eventually(async () => assert.equal((await quote(world, "own/model@3")).priced, true));
      assert.equal((await world.granted("att_2", 10n, OWN)).priceVersion, "own/model@3");
      assert.equal((await quote(world, "own/model@2")).priced, false);
      assert.equal((await quote(world, "own/model@1")).costNanousd, 10_000n);
    });

    test("an organisation holds and pays its own price, and the posting names it", async (t) => {
      const { world } = await open(t, { discount: 25 });
      const granted = await world.granted("att_1", 10n, OWN);
      assert.deepEqual([granted.heldNanousd, granted.priceVersion], [7_500n, "own/model@1+acme-1"]);
      await world.metered("att_1", 10n, { priceVersion: granted.priceVersion });
      await eventually(async () =>
        assert.deepEqual(await posted(world, "req_att_1"), [[7_500n, "own/model@1+acme-1"]]),
      );
      assert.equal((await quote(world, "", "acme")).costNanousd, 7_500n);
      assert.equal((await quote(world, "")).costNanousd, 10_000n);
    });

    test("a tier is held at what it may cost and charged by what was used", async (t) => {
      const { world } = await open(t, {});
      const tiers = ["", "batch", "priority", "auto"];
      const held: bigint[] = [];
      for (const serviceTier of tiers) {
        held.push((await world.granted(`att_${serviceTier || "none"}`, 10n, { ...OWN, serviceTier })).heldNanousd);
      }
      assert.deepEqual(held, [10_000n, 10_000n, 20_000n, 20_000n]);
      const { outcome } = await world.hold("att_other", 10n, { ...OWN, serviceTier: "turbo" });
      assert.equal(outcome?.$case, "refused");
      const priceVersion = "own/model@1";
      await world.metered("att_batch", 10n, { priceVersion, serviceTier: "batch" });
      await world.metered("att_priority", 10n, { priceVersion, serviceTier: "default" });
      await eventually(async () => {
        assert.deepEqual(await posted(world, "req_att_batch"), [[5_000n, priceVersion]]);
        assert.deepEqual(await posted(world, "req_att_priority"), [[10_000n, priceVersion]]);
      });
    });
  });
}
