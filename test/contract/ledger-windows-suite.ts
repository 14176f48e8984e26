import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { Account } from "@sluice/proto/common/v1/call_context";
import { Unit } from "@sluice/proto/common/v1/money";
import { type AccountBalance, RefusalReason } from "@sluice/proto/ledger/v1/ledger_service";
import { eventually } from "../harness/index.ts";
import { KEY, type LedgerWorld, ORG } from "./ledger-world.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

interface Wanted {
  readonly window: string;
  readonly value: bigint;
  readonly account?: Account;
  readonly unit?: Unit;
  readonly soft?: boolean;
  readonly remove?: boolean;
}

export async function limit(world: LedgerWorld, wanted: Wanted): Promise<AccountBalance> {
  const { window, value, account = KEY, unit = Unit.UNIT_NANOUSD, soft = false, remove = false } = wanted;
  const budget = { account, limit: { unit, value }, window, soft };
  const { balance } = await world.ledger.setBudget({ tenantId: "acme", budget, remove });
  assert.ok(balance !== undefined);
  return balance;
}

export async function balanceOf(world: LedgerWorld, account: Account, window: string): Promise<AccountBalance> {
  const { balances } = await world.ledger.balance({ tenantId: "acme", accounts: [account] });
  const balance = balances.find((each) => each.window === window);
  assert.ok(balance !== undefined, `no balance of ${window}`);
  return balance;
}

async function quiet(world: LedgerWorld): Promise<void> {
  await eventually(async () => {
    const status = await world.ledger.status({});
    assert.deepEqual([status.consumerLag, status.openHolds, status.differing], [0n, 0n, []]);
    assert.equal(status.balanced, true);
  });
}

/** A zone without summer time in which it is now the given hour of the day. */
function zoneAtHour(hour: number): string {
  const offset = (((hour - new Date().getUTCHours() + 36) % 24) + 24) % 24;
  const signed = offset - 12;
  return signed === 0 ? "Etc/GMT" : `Etc/GMT${signed > 0 ? "-" : "+"}${Math.abs(signed)}`;
}

/** Limits of calendar windows in the whole ledger; `make` gives a world that is not started. */
export function ledgerWindowsSuite(name: string, make: (config?: Record<string, unknown>) => LedgerWorld): void {
  const open = async (t: TestContext): Promise<LedgerWorld> => {
    const world = make();
    t.after(() => world.close());
    return await world.start();
  };

  describe(`windows (${name})`, () => {
    test("a limit set in the middle of a month counts the month so far, holds in flight included", async (t) => {
      const world = await open(t);
      await world.granted("att_1", 30n);
      await world.metered("att_1", 30n);
      await eventually(async () => assert.equal((await world.key()).spent, 30_000n));
      await world.granted("att_2", 20n);
      const set = await limit(world, { window: "month", value: 100_000n });
      assert.deepEqual(
        [set.limit, set.spent, set.held, set.posted, set.window],
        [100_000n, 30_000n, 20_000n, 30_000n, "month"],
      );
      assert.ok(set.windowStartedAtMs <= BigInt(Date.now()) && set.windowEndsAtMs > BigInt(Date.now()));
      const { outcome } = await world.hold("att_3", 51n);
      assert.ok(outcome?.$case === "refused");
      assert.equal(outcome.value.window, "month");
      await world.granted("att_4", 50n);
      for (const id of ["att_2", "att_4"]) await world.metered(id, 5n);
      await quiet(world);
      assert.equal((await balanceOf(world, KEY, "month")).spent, 40_000n);
      await limit(world, { window: "month", value: 0n, remove: true });
      const { balances } = await world.ledger.balance({ tenantId: "acme", accounts: [KEY] });
      assert.deepEqual(
        balances.map(({ window }) => window),
        ["total"],
      );
    });

    test("limits set while attempts are settled count each of them once", async (t) => {
      const world = await open(t);
      const ids = Array.from({ length: 150 }, (_, index) => `att_${index}`);
      await Promise.all(ids.map((id) => world.granted(id, 10n)));
      const metered = ids.map((id) => world.metered(id, 7n));
      const units = [Unit.UNIT_NANOUSD, Unit.UNIT_TOKENS, Unit.UNIT_OUTPUT_TOKENS];
      for (const window of ["week", "month", "day"]) {
        for (const unit of units) await limit(world, { window, value: 10_000_000n, unit });
      }
      await Promise.all(metered);
      await quiet(world);
      for (const window of ["week", "month"]) {
        const { spent, posted, held } = await balanceOf(world, KEY, window);
        assert.deepEqual([spent, posted, held], [1_050_000n, 1_050_000n, 0n]);
      }
    });

    test("money of the window that is spent is exhausted, naming when it begins anew", async (t) => {
      const world = await open(t);
      await limit(world, { window: "month", value: 5_000n, account: ORG });
      await world.granted("att_1", 5n);
      await world.metered("att_1", 5n);
      await quiet(world);
      const { outcome } = await world.hold("att_2", 1n);
      assert.ok(outcome?.$case === "refused");
      const { reason, window, windowEndsAtMs } = outcome.value;
      assert.equal(reason, RefusalReason.REFUSAL_REASON_BUDGET_EXHAUSTED);
      assert.equal(window, "month");
      assert.equal(windowEndsAtMs, (await balanceOf(world, ORG, "month")).windowEndsAtMs);
    });

    test("a soft limit refuses nothing and is told as such, a window's limit once", async (t) => {
      const world = await open(t);
      await limit(world, { window: "month", value: 5_000n, soft: true });
      for (const id of ["att_1", "att_2", "att_3"]) {
        await world.granted(id, 5n);
        await world.metered(id, 5n);
      }
      await quiet(world);
      const crossed = await eventually(async () => {
        const events = await world.events("budget.crossed");
        assert.equal(events.length, 2);
        return events;
      });
      assert.deepEqual(crossed.map(({ window, soft, percent }) => [window, soft, percent]).sort(), [
        ["month", true, 100],
        ["month", true, 80],
      ]);
      const changed = await world.events("budget.changed", "SLUICE_CONTROL");
      assert.deepEqual(
        changed.map(({ window, soft }) => [window, soft]),
        [["month", true]],
      );
    });

    test("windows are there after a restart", async (t) => {
      const world = await open(t);
      await limit(world, { window: "month", value: 50_000n });
      await world.granted("att_1", 20n);
      await world.metered("att_1", 20n);
      await quiet(world);
      await world.granted("att_2", 10n);
      await world.stop();
      await world.start();
      const again = await balanceOf(world, KEY, "month");
      assert.deepEqual([again.limit, again.spent, again.held], [50_000n, 20_000n, 10_000n]);
      const { outcome } = await world.hold("att_3", 21n);
      assert.equal(outcome?.$case, "refused");
    });

    test("another time zone begins other days, and what was charged belongs to the day of its start there", async (t) => {
      const world = await open(t);
      await limit(world, { window: "day", value: 100_000n, account: ORG });
      await world.ledger.setTimeZone({ tenantId: "acme", timeZone: zoneAtHour(12) });
      // Nobody knows its hold: it is charged to the organisation, when it says it started.
      await world.metered("att_old", 9n, { startedAtMs: BigInt(Date.now() - 14 * HOUR_MS) });
      await world.granted("att_new", 5n);
      await world.metered("att_new", 5n);
      await eventually(async () => assert.equal((await world.postings()).length, 2));
      await quiet(world);
      const noon = await balanceOf(world, ORG, "day");
      assert.deepEqual([noon.spent, noon.posted], [5_000n, 5_000n]);
      assert.equal(noon.windowEndsAtMs - noon.windowStartedAtMs, BigInt(DAY_MS));
      const zone = zoneAtHour(22);
      await world.ledger.setTimeZone({ tenantId: "acme", timeZone: zone });
      const evening = await balanceOf(world, ORG, "day");
      assert.deepEqual([evening.spent, evening.posted], [14_000n, 14_000n]);
      const midnight = Temporal.Now.zonedDateTimeISO(zone).startOfDay().epochMilliseconds;
      assert.equal(evening.windowStartedAtMs, BigInt(midnight));
      await world.stop();
      await world.start();
      assert.equal((await balanceOf(world, ORG, "day")).spent, 14_000n);
    });
  });
}
