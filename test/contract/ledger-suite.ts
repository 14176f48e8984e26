import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { SluiceError } from "@sluice/platform/errors";
import { Unit } from "@sluice/proto/common/v1/money";
import { type HoldResponse, RefusalReason } from "@sluice/proto/ledger/v1/ledger_service";
import { eventually } from "../harness/index.ts";
import { KEY, type LedgerWorld, ORG } from "./ledger-world.ts";

type Open = (t: TestContext, config?: Record<string, unknown>) => Promise<LedgerWorld>;

/** What the ledger does on any database and with any hold store; `make` gives a world that is not started. */
export function ledgerSuite(name: string, make: (config: Record<string, unknown>) => LedgerWorld): void {
  const open: Open = async (t, config = {}) => {
    const world = make(config);
    t.after(() => world.close());
    return await world.start();
  };
  describe(`holds (${name})`, () => holds(open));
  describe(`settlement (${name})`, () => settlement(open));
  describe(`expiry (${name})`, () => expiry(open));
  describe(`restart (${name})`, () => restart(open));
}

function refusal({ outcome }: HoldResponse) {
  assert.ok(outcome?.$case === "refused");
  return outcome.value;
}

async function settled(world: LedgerWorld): Promise<void> {
  await eventually(async () => {
    const status = await world.ledger.status({});
    assert.deepEqual([status.consumerLag, status.openHolds, status.differingAccounts], [0n, 0n, 0n]);
    assert.equal(status.balanced, true);
  });
}

const code = (wanted: string) => (error: SluiceError) => error.code === wanted;

function holds(open: Open): void {
  test("200 at once against room for 20: 20 granted, the others told to come back", async (t) => {
    const world = await open(t);
    await world.limit(100_000n);
    const outcomes = await Promise.all(Array.from({ length: 200 }, (_, index) => world.hold(`att_${index}`, 5n)));
    const refused = outcomes.filter(({ outcome }) => outcome?.$case === "refused").map(refusal);
    assert.equal(refused.length, 180);
    for (const each of refused) {
      assert.equal(each.reason, RefusalReason.REFUSAL_REASON_BUDGET_HELD);
      assert.ok(each.retryAfterMs > 0n);
    }
    assert.equal((await world.events("hold.placed")).length, 20);
  });

  test("settled money that leaves no room is exhausted, and waiting is not offered", async (t) => {
    const world = await open(t);
    await world.limit(10_000n);
    await world.granted("att_1", 8n);
    await world.metered("att_1", 8n);
    await settled(world);
    const refused = refusal(await world.hold("att_2", 3n));
    assert.equal(refused.reason, RefusalReason.REFUSAL_REASON_BUDGET_EXHAUSTED);
    assert.deepEqual(refused.account, KEY);
    assert.deepEqual([refused.limit?.value, refused.spent?.value, refused.held?.value], [10_000n, 8_000n, 0n]);
    assert.equal(refused.retryAfterMs, 0n);
    assert.match(refused.message, /key "key_1" leaves no room \(limit \$0\.00001, spent \$0\.000008/);
  });

  test("the output bound is lowered to what every budget pays, not below the minimum", async (t) => {
    const world = await open(t);
    await world.limit(10_000n);
    await world.limit(9n, Unit.UNIT_TOKENS, ORG);
    const granted = await world.granted("att_1", 100n, { outputTokenMinimum: 5n });
    assert.deepEqual([granted.outputTokenBound, granted.heldNanousd], [9n, 9_000n]);
    const refused = refusal(await world.hold("att_2", 100n, { outputTokenMinimum: 2n }));
    assert.equal(refused.reason, RefusalReason.REFUSAL_REASON_BUDGET_HELD);
    assert.equal((await world.key()).held, 9_000n);
  });

  test("the same attempt again gets the same answer; other content is a conflict", async (t) => {
    const world = await open(t);
    const first = await world.granted("att_1", 5n);
    assert.deepEqual(await world.granted("att_1", 5n), first);
    await assert.rejects(world.hold("att_1", 6n), code("conflict"));
    assert.equal((await world.events("hold.placed")).length, 1);
    await world.ledger.void({ holdId: "att_1", tenantId: "acme", reason: "test" });
    await assert.rejects(world.hold("att_1", 5n), code("conflict"));
  });

  test("models without a price are refused, or held at a flat amount if the policy says so", async (t) => {
    const strict = await open(t);
    const refused = refusal(await strict.hold("att_1", 5n, { priceId: "x/y" }));
    assert.equal(refused.reason, RefusalReason.REFUSAL_REASON_UNPRICED);
    const flat = await open(t, { unpriced: "flat_hold", flat_hold_nanousd: 777 });
    const granted = await flat.granted("att_2", 5n, { priceId: "x/y" });
    assert.equal(granted.heldNanousd, 777n);
    await flat.metered("att_2", 9n, { priceVersion: granted.priceVersion });
    await settled(flat);
    assert.deepEqual(await flat.postings(), [["att_2", "metered", 777n]]);
  });

  test("malformed calls are refused with a reason", async (t) => {
    const world = await open(t);
    const bad = [{ attemptId: "a b" }, { tenantId: "A" }, { n: 0 }, { ttlMs: 0n }, { inputTokenBound: -1n }];
    for (const more of [...bad, { accounts: [] }, { accounts: [{ ...ORG, id: "" }] }]) {
      await assert.rejects(world.hold("att_1", 5n, more), code("invalid_request"));
    }
    const limit = { unit: Unit.UNIT_NANOUSD, value: 1n };
    const budget = { account: KEY, limit, window: "year", soft: false };
    await assert.rejects(world.ledger.setBudget({ tenantId: "acme", budget, remove: false }), (error: SluiceError) => {
      return error.code === "invalid_request" && /budget\.window is "year"; use one of total, hour/.test(error.message);
    });
    const zone = { tenantId: "acme", timeZone: "Middle/Earth" };
    await assert.rejects(world.ledger.setTimeZone(zone), (error: SluiceError) => /time_zone.*IANA/.test(error.message));
  });

  test("renew, shrink and void over the contract", async (t) => {
    const world = await open(t);
    await world.granted("att_1", 5n);
    const name = { holdId: "att_1", tenantId: "acme" };
    const renewed = await world.ledger.renew({ ...name, ttlMs: 600_000n });
    assert.ok(renewed.live && renewed.expiresAtMs > BigInt(Date.now() + 500_000));
    assert.deepEqual(await world.ledger.shrink({ ...name, keepNanousd: 2_000n }), { live: true, heldNanousd: 2_000n });
    assert.deepEqual(await world.ledger.void({ ...name, reason: "no need" }), { voided: true });
    assert.equal((await world.ledger.renew({ ...name, ttlMs: 1_000n })).live, false);
    assert.deepEqual(
      (await world.events("hold.ended")).map(({ holdId, ending, reason }) => [holdId, ending, reason]),
      [["att_1", "void", "no need"]],
    );
  });
}

function settlement(open: Open): void {
  test("the actual is posted once, however often and in whatever order facts come", async (t) => {
    const world = await open(t);
    await world.granted("att_1", 50n);
    await world.granted("att_2", 50n);
    await world.started("att_1");
    await world.metered("att_1", 30n);
    await world.metered("att_1", 30n, {}, "again");
    await world.metered("att_2", 20n);
    await world.started("att_2");
    await world.metered("att_2", 49n, {}, "different");
    await settled(world);
    assert.deepEqual(await world.postings(), [
      ["att_1", "metered", 30_000n],
      ["att_2", "metered", 20_000n],
    ]);
    const key = await world.key();
    assert.deepEqual([key.spent, key.posted, key.held], [50_000n, 50_000n, 0n]);
    const posted = await eventually(async () => {
      const events = await world.events("ledger.posted");
      assert.equal(events.length, 2);
      return events;
    });
    for (const { lines, amountNanousd } of posted) {
      assert.equal(
        lines.reduce((sum, { amount }) => sum + (amount?.value ?? 0n), 0n),
        0n,
      );
      assert.equal(lines.find(({ account }) => account?.id === "key_1")?.amount?.value, amountNanousd);
    }
    const ended = await world.events("hold.ended");
    assert.deepEqual(ended.map(({ holdId, ending }) => [holdId, ending]).sort(), [
      ["att_1", "settled"],
      ["att_2", "settled"],
    ]);
  });

  test("an attempt that cost more than its hold is charged in full and flagged", async (t) => {
    const world = await open(t);
    await world.limit(10_000n);
    await world.granted("att_1", 5n);
    await world.metered("att_1", 25n);
    await settled(world);
    const { postings } = await world.ledger.postings({ tenantId: "", after: 0n, limit: 10, requestId: "req_att_1" });
    assert.deepEqual(
      postings.map(({ overrun, amountNanousd }) => [overrun, amountNanousd]),
      [[true, 25_000n]],
    );
    assert.equal((await world.ledger.status({})).overruns, 1n);
    assert.equal(refusal(await world.hold("att_2", 1n)).reason, RefusalReason.REFUSAL_REASON_BUDGET_EXHAUSTED);
    await eventually(async () => {
      const crossed = await world.events("budget.crossed");
      assert.deepEqual(crossed.map(({ percent }) => percent).sort(), [100, 80]);
    });
  });

  test("nothing sent ends in a void without a posting; nothing billable in a posting of zero", async (t) => {
    const world = await open(t);
    await world.granted("att_1", 5n);
    await world.granted("att_2", 5n);
    await world.metered("att_1", 0n, { usage: undefined, ending: "not_sent" });
    await world.metered("att_2", 0n, { usage: undefined, ending: "error" });
    await settled(world);
    assert.deepEqual(await world.postings(), [["att_2", "metered", 0n]]);
    await eventually(async () => {
      const ended = await world.events("hold.ended");
      assert.deepEqual(ended.map(({ ending }) => ending).sort(), ["settled", "void"]);
    });
  });

  test("impossible usage is a dead letter, an unknown price version waits, and neither holds up the others", async (t) => {
    const world = await open(t);
    await world.granted("att_3", 5n);
    await world.metered("att_1", -5n);
    await world.metered("att_2", 5n, { priceVersion: "sim/exact@1999-01-01" });
    await world.metered("att_3", 4n);
    await eventually(async () => assert.deepEqual(await world.postings(), [["att_3", "metered", 4_000n]]));
    await eventually(async () => assert.equal((await world.ledger.status({})).consumerLag, 1n));
  });

  test("a fact about a hold nobody knows is charged to the organisation", async (t) => {
    const world = await open(t);
    await world.metered("att_1", 5n);
    await settled(world);
    const { balances } = await world.ledger.balance({ tenantId: "acme", accounts: [ORG] });
    assert.deepEqual(
      balances.map(({ spent, posted }) => [spent, posted]),
      [[5_000n, 5_000n]],
    );
  });

  test("a thousand attempts agree to the last unit, and the report adds up", async (t) => {
    const world = await open(t);
    const ids = Array.from({ length: 1_000 }, (_, index) => `att_${index}`);
    await Promise.all(ids.map((id, index) => world.granted(id, BigInt(index + 1))));
    await Promise.all(ids.map((id, index) => world.metered(id, BigInt(index + 1))));
    await settled(world);
    const { rows } = await world.ledger.report({ tenantId: "acme", fromMs: 0n, toMs: 0n, by: [] });
    assert.deepEqual(rows, [
      {
        provider: "sim",
        model: "exact",
        attempts: 1_000n,
        costNanousd: 500_500_000n,
        inputTokens: 0n,
        outputTokens: 500_500n,
        estimated: 0n,
        group: ["sim", "exact"],
        succeeded: 0n,
        requests: 0n,
        overruns: 0n,
      },
    ]);
    assert.equal((await world.key()).spent, 500_500_000n);
    const { postings } = await world.ledger.postings({ tenantId: "", after: 990n, limit: 100, requestId: "" });
    assert.deepEqual(
      postings.map(({ sequence }) => sequence),
      Array.from({ length: 10 }, (_, i) => BigInt(991 + i)),
    );
  });
}

function expiry(open: Open): void {
  test("an expired hold that never started is void", async (t) => {
    const world = await open(t);
    await world.granted("att_1", 5n, { ttlMs: 1n });
    await settled(world);
    assert.deepEqual(await world.postings(), []);
    assert.deepEqual(
      (await world.events("hold.ended")).map(({ ending }) => ending),
      ["void"],
    );
  });

  test("one that started is charged with its worst case, and the truth corrects that when it comes", async (t) => {
    const world = await open(t);
    await world.granted("att_1", 50n, { ttlMs: 200n });
    await world.started("att_1");
    await settled(world);
    assert.deepEqual(await world.postings(), [["att_1", "estimated", 50_000n]]);
    assert.equal((await world.key()).spent, 50_000n);
    await world.metered("att_1", 12n);
    await eventually(async () => assert.equal((await world.key()).spent, 12_000n));
    await world.metered("att_1", 12n, {}, "again");
    await settled(world);
    assert.deepEqual(await world.postings(), [
      ["att_1", "estimated", 50_000n],
      ["att_1", "correction", -38_000n],
    ]);
    const { rows } = await world.ledger.report({ tenantId: "acme", fromMs: 0n, toMs: 0n, by: [] });
    assert.deepEqual(
      rows.map(({ attempts, costNanousd, estimated, outputTokens }) => [
        attempts,
        costNanousd,
        estimated,
        outputTokens,
      ]),
      [[1n, 12_000n, 0n, 12n]],
    );
  });

  test("a metered attempt that waits for its price is not charged by estimate", async (t) => {
    const world = await open(t);
    await world.granted("att_2", 5n, { ttlMs: 300n });
    await world.started("att_2");
    // The hold names a known version; what cannot be priced is the audio in the usage.
    await world.metered("att_2", 3n, { usage: { ...EMPTY_USAGE, outputAudioTokens: 4n } });
    await world.granted("att_3", 5n, { ttlMs: 300n });
    await eventually(async () => assert.equal((await world.ledger.status({})).openHolds, 1n));
    assert.deepEqual(await world.postings(), []);
  });

  test("a renewed hold lives on", async (t) => {
    const world = await open(t);
    await world.granted("att_1", 5n, { ttlMs: 500n });
    await world.ledger.renew({ holdId: "att_1", tenantId: "acme", ttlMs: 60_000n });
    await world.granted("att_2", 5n, { ttlMs: 600n });
    await eventually(async () => assert.equal((await world.ledger.status({})).openHolds, 1n));
    assert.equal((await world.key()).held, 5_000n);
  });
}

const EMPTY_USAGE = { serverToolCalls: {}, rawJson: "" };

function restart(open: Open): void {
  test("limits, holds and books are there after a restart, and facts that came meanwhile are applied", async (t) => {
    const world = await open(t);
    await world.limit(20_000n);
    await world.granted("att_1", 5n);
    await world.granted("att_2", 6n);
    await world.stop();
    await world.metered("att_1", 4n);
    await world.start();
    await eventually(async () => assert.equal((await world.key()).spent, 4_000n));
    const key = await world.key();
    assert.deepEqual([key.limit, key.held, key.openHolds], [20_000n, 6_000n, 1n]);
    assert.equal(refusal(await world.hold("att_3", 11n)).reason, RefusalReason.REFUSAL_REASON_BUDGET_HELD);
  });

  test("price changes are published once, not at every start", async (t) => {
    const world = await open(t);
    await world.stop();
    const count = (await world.events("price.changed")).length;
    assert.ok(count > 20);
    await world.start();
    await world.stop();
    assert.equal((await world.events("price.changed")).length, count);
  });
}
