import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { SluiceError } from "@sluice/platform/errors";
import { Unit } from "@sluice/proto/common/v1/money";
import { Usage } from "@sluice/proto/common/v1/usage";
import { Adjustment, type RerateRequest } from "@sluice/proto/ledger/v1/ledger_service";
import { eventually } from "../harness/index.ts";
import { KEY, type LedgerWorld, ORG } from "./ledger-world.ts";

const TENANT = "acme";
const DAY_MS = 86_400_000n;
const FIRST = "test/model@first";
const SECOND = "test/model@second";

const code =
  (wanted: string, text = /./) =>
  (error: SluiceError) =>
    error.code === wanted && text.test(error.message);

/** A price catalogue of one model; `more` are versions beside the first, which costs a thousand nano-USD a token. */
function writePrices(folder: string, more: readonly string[]): void {
  const version = (name: string, from: string, output: number) =>
    `      - version: "${name}"\n        valid_from: "${from}"\n        input: 0\n        output: ${output}\n`;
  const first = version("first", "2026-01-01T00:00:00Z", 1_000_000_000);
  const head = `provider: test\nsource: "a test"\nretrieved: 2026-01-01\nprices:\n  - price_id: test/model\n    versions:\n`;
  writeFileSync(join(folder, "test.yaml"), [head, first, ...more].join(""));
}

const CHEAPER =
  '      - version: "second"\n        valid_from: "2026-01-02T00:00:00Z"\n        input: 0\n        output: 700000000\n';

interface Priced {
  readonly world: LedgerWorld;
  /** Restarts the ledger with the corrected price. */
  correct(): Promise<void>;
}

/** Compensating entries on any database; `make` gives a world that is not started. */
export function ledgerCorrectionsSuite(name: string, make: (config: Record<string, unknown>) => LedgerWorld): void {
  const start = async (t: TestContext): Promise<Priced> => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-prices-"));
    writePrices(folder, []);
    const world = make({ prices_directory: folder });
    t.after(() => world.close());
    await world.start();
    return {
      world,
      correct: async () => {
        await world.stop();
        writePrices(folder, [CHEAPER]);
        await world.start();
      },
    };
  };
  describe(`re-rating (${name})`, () => rerating(start));
  describe(`adjustments (${name})`, () => adjustments(start));
}

async function attempt(world: LedgerWorld, id: string, tokens: bigint): Promise<void> {
  const price = { priceId: "test/model", provider: "test", model: "model" };
  await world.granted(id, tokens, price);
  await world.metered(id, tokens, { ...price, priceVersion: FIRST });
}

/** Everything is applied, and books, rollups and enforced counters agree. */
async function settled(world: LedgerWorld): Promise<void> {
  await eventually(async () => {
    const status = await world.ledger.status({});
    assert.deepEqual([status.consumerLag, status.openHolds, status.differingAccounts], [0n, 0n, 0n]);
    assert.equal(status.balanced, true);
  });
}

function period(more: Partial<RerateRequest> = {}): RerateRequest {
  const now = BigInt(Date.now());
  return { tenantId: TENANT, fromMs: now - DAY_MS, toMs: now + DAY_MS, priceIds: [], post: false, ...more };
}

async function spent(world: LedgerWorld): Promise<readonly bigint[]> {
  const { balances } = await world.ledger.balance({ tenantId: TENANT, accounts: [KEY] });
  return balances.filter(({ unit }) => unit === Unit.UNIT_NANOUSD).map((balance) => balance.spent);
}

function rerating(start: (t: TestContext) => Promise<Priced>): void {
  test("a corrected price is told first, posted once, and every counter follows", async (t) => {
    const { world, correct } = await start(t);
    const budget = { account: KEY, limit: { unit: Unit.UNIT_NANOUSD, value: 1_000_000n }, window: "day", soft: false };
    await world.ledger.setBudget({ tenantId: TENANT, budget, remove: false });
    await attempt(world, "a", 10n);
    await attempt(world, "b", 3n);
    await world.granted("other", 5n);
    await world.metered("other", 5n);
    await settled(world);
    assert.deepEqual((await world.ledger.rerate(period())).rows, []);
    await correct();
    const row = { fromVersion: FIRST, toVersion: SECOND, attempts: 2n, beforeNanousd: 13_000n, afterNanousd: 9_100n };
    assert.deepEqual(await world.ledger.rerate(period()), { rows: [row], posted: 0n, leftOut: 0n });
    assert.deepEqual(await spent(world), [18_000n, 18_000n]);
    assert.deepEqual(await world.ledger.rerate(period({ priceIds: ["sim/exact"], post: true })), {
      rows: [],
      posted: 0n,
      leftOut: 0n,
    });
    const answers = await Promise.all([1, 2, 3].map(() => world.ledger.rerate(period({ post: true }))));
    assert.deepEqual(answers.map(({ posted }) => posted).sort(), [0n, 0n, 2n]);
    assert.equal((await world.ledger.rerate(period({ post: true }))).posted, 0n);
    await settled(world);
    // Total and day: the window of the attempt's start is corrected too.
    assert.deepEqual(await spent(world), [14_100n, 14_100n]);
    const postings = (await world.postings()).filter(([, kind]) => kind === "rerated");
    assert.deepEqual(postings.sort(), [
      ["a", "rerated", -3_000n],
      ["b", "rerated", -900n],
    ]);
    const { rows } = await world.ledger.report({ ...period(), by: ["model"] });
    assert.deepEqual(
      rows.map(({ model, attempts, costNanousd }) => [model, attempts, costNanousd]),
      [
        ["exact", 1n, 5_000n],
        ["model", 2n, 9_100n],
      ],
    );
    await eventually(async () => {
      const events = (await world.events("ledger.posted")).filter(({ kind }) => kind === "rerated");
      assert.equal(new Set(events.map(({ postingId }) => postingId)).size, 2);
      for (const { lines, priceVersion } of events) {
        assert.equal(priceVersion, SECOND);
        assert.equal(
          lines.reduce((sum, { amount }) => sum + (amount?.value ?? 0n), 0n),
          0n,
        );
      }
    });
  });

  test("a repeated fact after a re-rating changes nothing, and a restart neither", async (t) => {
    const { world, correct } = await start(t);
    await attempt(world, "a", 10n);
    await settled(world);
    await correct();
    assert.equal((await world.ledger.rerate(period({ post: true }))).posted, 1n);
    await world.metered("a", 10n, { priceVersion: FIRST }, "again");
    await settled(world);
    assert.deepEqual(await spent(world), [7_000n]);
    await world.stop();
    await world.start();
    await settled(world);
    assert.deepEqual(await spent(world), [7_000n]);
  });

  test("what a crash kept from the counters reaches them at the next start, once", async (t) => {
    const { world } = await start(t);
    await attempt(world, "a", 10n);
    await settled(world);
    const adjustment = Adjustment.create({ ...GIVEN_BACK, id: "rec_1", accounts: [ORG, KEY] });
    await world.ledger.adjust({ adjustments: [adjustment] });
    // As if the process had died after the counters were told and before that was noted.
    const row = { id: "rec_1.reconciliation", tenant: TENANT, accounts: '["org:acme","key:key_1"]' };
    const amounts = { nanousd: -400n, input_tokens: 0n, output_tokens: 0n };
    const moments = { started_at_ms: BigInt(Date.now()), posted_at_ms: BigInt(Date.now()), hold_epoch: 0n };
    await world.books(async (db) => {
      const values = { ...row, ...amounts, ...moments };
      await db.insertInto("unsettled").values(values).execute();
    });
    await world.stop();
    await world.start();
    await settled(world);
    assert.deepEqual(await spent(world), [9_600n]);
    assert.deepEqual(await world.books((db) => db.selectFrom("unsettled").selectAll().execute()), []);
  });

  test("estimates and attempts whose use nobody knows are left as they are, and counted", async (t) => {
    const { world, correct } = await start(t);
    const price = { priceId: "test/model", provider: "test", model: "model" };
    await world.granted("estimated", 4n, { ...price, ttlMs: 50n });
    await world.started("estimated");
    await world.granted("nothing", 4n, price);
    await world.metered("nothing", 0n, { ...price, priceVersion: FIRST, usage: undefined, ending: "error" });
    await settled(world);
    await correct();
    assert.deepEqual(await world.ledger.rerate(period({ post: true })), { rows: [], posted: 0n, leftOut: 1n });
    assert.deepEqual(await spent(world), [4_000n]);
  });

  test("a period without an end is refused", async (t) => {
    const { world } = await start(t);
    await assert.rejects(
      world.ledger.rerate(period({ fromMs: 5n, toMs: 5n })),
      code("invalid_request", /to_ms is 5; it must be after from_ms/),
    );
  });
}

const GIVEN_BACK = {
  tenantId: TENANT,
  provider: "test",
  model: "model",
  amountNanousd: -400n,
  atMs: BigInt(Date.now()),
  reason: "their bill says so",
};

function adjustments(start: (t: TestContext) => Promise<Priced>): void {
  test("each is posted once by its id, whatever is repeated, and balances follow", async (t) => {
    const { world } = await start(t);
    await attempt(world, "a", 10n);
    await settled(world);
    const usage = Usage.fromPartial({ inputTokens: -5n, cachedInputTokens: 5n });
    const one = Adjustment.fromPartial({ ...GIVEN_BACK, id: "rec_1" });
    const two = Adjustment.fromPartial({ ...GIVEN_BACK, id: "rec_2", amountNanousd: 0n, inputTokens: 7n, usage });
    const answers = await Promise.all([
      world.ledger.adjust({ adjustments: [one, two] }),
      world.ledger.adjust({ adjustments: [two, one, one] }),
    ]);
    assert.deepEqual(answers.flatMap(({ posted }) => posted).sort(), ["rec_1", "rec_2"]);
    assert.deepEqual((await world.ledger.adjust({ adjustments: [one] })).posted, []);
    await settled(world);
    const { balances } = await world.ledger.balance({ tenantId: TENANT, accounts: [ORG] });
    assert.deepEqual(
      balances.map(({ spent, posted }) => [spent, posted]),
      [[9_600n, 9_600n]],
    );
    const { postings } = await world.ledger.postings({ tenantId: TENANT, after: 1n, limit: 0, requestId: "" });
    const told = postings.map(({ kind, amountNanousd, inputTokens, usage }) => {
      return [kind, amountNanousd, inputTokens, usage?.inputTokens] as const;
    });
    assert.deepEqual(
      told.sort(([, a], [, b]) => Number(a - b)),
      [
        ["reconciliation", -400n, 0n, undefined],
        ["reconciliation", 0n, 7n, -5n],
      ],
    );
    // Once more by another posting: the id is taken for good, also by a fact about an attempt of that name.
    await world.metered("rec_1", 5n);
    await settled(world);
    assert.equal((await world.ledger.status({})).postings, 3n);
  });

  test("impossible ones are refused by name, and nothing of the call is posted", async (t) => {
    const { world } = await start(t);
    await attempt(world, "a", 10n);
    await settled(world);
    const good = Adjustment.fromPartial({ ...GIVEN_BACK, id: "rec_1" });
    const bad: readonly (readonly [Partial<Adjustment>, RegExp])[] = [
      [{ id: "a" }, /id: "a" is the id of an attempt/],
      [{ id: "no spaces" }, /^id: "no spaces"/],
      [{ tenantId: "A" }, /^tenant_id/],
      [{ provider: "" }, /^provider/],
      [{ amountNanousd: 2n ** 62n }, /^amount_nanousd/],
      [{ atMs: 0n }, /^at_ms/],
      [{ accounts: [{ ...ORG, id: "" }] }, /org account/],
    ];
    for (const [wrong, text] of bad) {
      const adjustments = [good, Adjustment.fromPartial({ ...good, id: "rec_2", ...wrong })];
      await assert.rejects(world.ledger.adjust({ adjustments }), code("invalid_request", text));
    }
    const many = Array.from({ length: 1_001 }, (_, index) => Adjustment.fromPartial({ ...good, id: `rec_${index}` }));
    await assert.rejects(world.ledger.adjust({ adjustments: many }), code("invalid_request", /at most 1000/));
    assert.equal((await world.ledger.status({})).postings, 1n);
  });
}
