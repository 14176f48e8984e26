import assert from "node:assert/strict";
import { test } from "node:test";
import { inUnit, NOTHING } from "../../services/ledger/src/amounts.ts";
import type { HoldStore, LimitChange } from "../../services/ledger/src/holds/types.ts";
import { KnownTimeZones } from "../../services/ledger/src/holds/windows.ts";
import {
  CHAIN,
  freshTenant,
  holdOf,
  KEY,
  nano,
  ORG,
  place,
  settled,
  shortfallOf,
  termsOf,
  viewOf,
} from "./holds-kit.ts";

/** The time zones of the suite's tenants: every store under test is opened with them. */
export const ZONES = new KnownTimeZones();

const NOON = Date.parse("2026-10-24T12:00:00Z");
const DAY = Date.parse("2026-10-24T00:00:00Z");
const NEXT_DAY = DAY + 24 * 3_600_000;
const DAILY = { account: ORG, window: "day", unit: "nanousd", soft: false } as const;

function daily(tenant: string, value: bigint, more: Partial<LimitChange> = {}): LimitChange {
  return { ...DAILY, tenant, limit: value, ...more };
}

async function dayOf(store: HoldStore, tenant: string, start = DAY) {
  const { windows } = await viewOf(store, tenant, ORG);
  const counter = windows.find((each) => each.window === "day" && each.start === start);
  return counter && [counter.spent.nanousd, counter.held.nanousd, counter.openHolds];
}

/** Limits that begin anew: what every hold store does alike. */
export function windows(store: () => HoldStore): void {
  test("a day's limit is enforced in the day the attempt starts in, and the next day begins anew", async () => {
    const tenant = freshTenant();
    await store().setLimits([daily(tenant, 10n)]);
    const at = (id: string, startedAt: number) => place(store(), termsOf(tenant, id, nano(6n), { startedAt }));
    assert.equal((await at("h1", NOON)).kind, "granted");
    const refused = shortfallOf(await at("h2", NEXT_DAY - 1));
    assert.deepEqual(
      [refused.window, refused.windowStart, refused.windowEnd, refused.spent, refused.held, refused.needed],
      ["day", DAY, NEXT_DAY, 0n, 6n, 6n],
    );
    assert.equal((await at("h3", NEXT_DAY)).kind, "granted");
    assert.deepEqual(await dayOf(store(), tenant), [0n, 6n, 1]);
    assert.deepEqual(await dayOf(store(), tenant, NEXT_DAY), [0n, 6n, 1]);
    const { held, openHolds } = await viewOf(store(), tenant, ORG);
    assert.deepEqual([held.nanousd, openHolds], [12n, 2]);
  });

  test("a charge belongs to the windows of the attempt's start, whenever it comes, and so does its correction", async () => {
    const tenant = freshTenant();
    await store().setLimits([daily(tenant, 100n), daily(tenant, 100n, { window: "hour", account: KEY })]);
    await place(store(), termsOf(tenant, "h", nano(50n), { startedAt: NEXT_DAY - 1 }));
    await store().settle([settled(tenant, "h", nano(50n), { at: NEXT_DAY + 5, rank: 1, ending: "expired" })]);
    assert.deepEqual(await dayOf(store(), tenant), [50n, 0n, 0]);
    await store().settle([settled(tenant, "h", nano(20n), { at: NEXT_DAY + 9 })]);
    assert.deepEqual(await dayOf(store(), tenant), [20n, 0n, 0]);
    const [hour] = (await viewOf(store(), tenant, KEY)).windows;
    assert.deepEqual([hour?.window, hour?.start, hour?.spent.nanousd], ["hour", NEXT_DAY - 3_600_000, 20n]);
    assert.equal(await dayOf(store(), tenant, NEXT_DAY), undefined);
  });

  test("windows begin by the tenant's clocks: a day of 25 hours where they go back", async () => {
    const tenant = freshTenant();
    ZONES.set(tenant, "Europe/Berlin");
    await store().setLimits([daily(tenant, 10n)]);
    const start = Date.parse("2026-10-24T22:00:00Z");
    const startedAt = start + 25 * 3_600_000 - 1;
    await place(store(), termsOf(tenant, "h1", nano(6n), { startedAt: start }));
    const refused = shortfallOf(await place(store(), termsOf(tenant, "h2", nano(6n), { startedAt })));
    assert.deepEqual([refused.windowStart, refused.windowEnd], [start, start + 25 * 3_600_000]);
    const after = await place(store(), termsOf(tenant, "h3", nano(6n), { startedAt: startedAt + 1 }));
    assert.equal(after.kind, "granted");
  });

  test("week and month are windows too; each limit of an account stands for itself", async () => {
    const tenant = freshTenant();
    const limits = [
      daily(tenant, 10n),
      daily(tenant, 15n, { window: "week" }),
      daily(tenant, 18n, { window: "month" }),
    ];
    await store().setLimits([...limits, daily(tenant, 1_000n, { window: "total" })]);
    const at = (id: string, day: string) =>
      place(store(), termsOf(tenant, id, nano(8n), { startedAt: Date.parse(`2026-10-${day}T12:00:00Z`) }));
    assert.equal((await at("h1", "24")).kind, "granted");
    const named = async (id: string, day: string) => {
      const outcome = await at(id, day);
      return outcome.kind === "refused" ? outcome.shortfalls.map(({ window }) => window).sort() : outcome.kind;
    };
    assert.deepEqual(await named("h2", "24"), ["day", "week"]);
    assert.deepEqual(await named("h3", "25"), ["week"]);
    assert.deepEqual(await named("h4", "26"), "granted");
    assert.deepEqual(await named("h5", "28"), ["month", "week"]);
    assert.equal((await viewOf(store(), tenant, ORG)).limits.length, 4);
  });

  test("a soft limit refuses nothing; what passes it is told with the grant", async () => {
    const tenant = freshTenant();
    await store().setLimits([daily(tenant, 10n, { soft: true }), daily(tenant, 30n)]);
    const at = (id: string) => place(store(), termsOf(tenant, id, nano(8n), { startedAt: NOON }));
    const first = await at("h1");
    assert.ok(first.kind === "granted" && first.softPassed.length === 0);
    const second = await at("h2");
    assert.ok(second.kind === "granted");
    const [passed] = second.softPassed;
    assert.deepEqual(
      [passed?.window, passed?.soft, passed?.limit, passed?.spent, passed?.held, passed?.needed],
      ["day", true, 10n, 0n, 8n, 8n],
    );
    assert.equal((await at("h3")).kind, "granted");
    const refused = shortfallOf(await at("h4"));
    assert.deepEqual([refused.soft, refused.limit], [false, 30n]);
  });

  test("a window is opened with what was spent so far and with the live holds that began in it", async () => {
    const tenant = freshTenant();
    await place(store(), termsOf(tenant, "h1", nano(30n), { startedAt: NOON }));
    await place(store(), termsOf(tenant, "h2", nano(7n), { startedAt: DAY - 1 }));
    await place(store(), termsOf(tenant, "h3", nano(9n), { startedAt: NOON, accounts: [KEY] }));
    await store().setLimits([daily(tenant, 100n, { opening: { start: DAY, spent: nano(50n) } })]);
    assert.deepEqual(await dayOf(store(), tenant), [50n, 30n, 1]);
    assert.deepEqual((await holdOf(store(), tenant, "h1"))?.counters, [`day@${DAY}|org:acme`]);
    assert.equal((await place(store(), termsOf(tenant, "h4", nano(21n), { startedAt: NOON }))).kind, "refused");
    await store().settle([settled(tenant, "h1", nano(10n)), settled(tenant, "h2", nano(7n))]);
    assert.deepEqual(await dayOf(store(), tenant), [60n, 0n, 0]);
    assert.equal((await place(store(), termsOf(tenant, "h5", nano(40n), { startedAt: NOON }))).kind, "granted");
  });

  test("opening a window again counts everything anew, once", async () => {
    const tenant = freshTenant();
    const opening = { start: DAY, spent: nano(50n) };
    await store().setLimits([daily(tenant, 100n, { opening })]);
    await place(store(), termsOf(tenant, "h1", nano(30n), { startedAt: NOON }));
    await store().setLimits([daily(tenant, 90n, { opening })]);
    assert.deepEqual(await dayOf(store(), tenant), [50n, 30n, 1]);
    assert.deepEqual((await holdOf(store(), tenant, "h1"))?.counters, [`day@${DAY}|org:acme`]);
    await store().void({ tenant, id: "h1" }, NOON);
    assert.deepEqual(await dayOf(store(), tenant), [50n, 0n, 0]);
    assert.deepEqual((await holdOf(store(), tenant, "h1"))?.counters, []);
  });

  test("a limit that is removed frees its window and no other", async () => {
    const tenant = freshTenant();
    await store().setLimits([daily(tenant, 5n), daily(tenant, 5n, { unit: "output_tokens" })]);
    await store().setLimits([daily(tenant, 0n, { limit: undefined })]);
    const terms = termsOf(tenant, "h1", { ...NOTHING, nanousd: 9n, outputTokens: 5n }, { startedAt: NOON });
    assert.equal((await place(store(), terms)).kind, "granted");
    const refused = shortfallOf(await place(store(), { ...terms, id: "h2" }));
    assert.equal(refused.unit, "output_tokens");
  });

  test("shrinking, renewing and voiding change a window as they change the total", async () => {
    const tenant = freshTenant();
    await store().setLimits([daily(tenant, 100n)]);
    await place(store(), termsOf(tenant, "h1", nano(50n), { startedAt: NOON }));
    await store().shrink({ tenant, id: "h1" }, 20n);
    await store().renew({ tenant, id: "h1" }, NOON + 999_000);
    assert.deepEqual(await dayOf(store(), tenant), [0n, 20n, 1]);
    await store().void({ tenant, id: "h1" }, NOON);
    assert.deepEqual(await dayOf(store(), tenant), [0n, 0n, 0]);
  });

  test("the charge of a hold nobody knows counts in the windows that are not over", async () => {
    const tenant = freshTenant();
    await store().setLimits([daily(tenant, 100n)]);
    const unknown = { chargeUnknown: CHAIN, at: NOON };
    await store().settle([settled(tenant, "h1", nano(9n), { ...unknown, startedAt: NOON - 5 })]);
    await store().settle([settled(tenant, "h2", nano(9n), { ...unknown, startedAt: DAY - 5 })]);
    assert.deepEqual(await dayOf(store(), tenant), [9n, 0n, 0]);
    assert.equal(await dayOf(store(), tenant, DAY - 24 * 3_600_000), undefined);
    assert.equal((await viewOf(store(), tenant, ORG)).spent.nanousd, 18n);
  });

  test("counters are set to the books, and forgotten long after their window", async () => {
    const tenant = freshTenant();
    await store().setLimits([daily(tenant, 100n)]);
    await place(store(), termsOf(tenant, "h1", nano(5n), { startedAt: NOON }));
    const row = { tenant, account: ORG, window: "day", start: DAY, spent: nano(70n) } as const;
    await store().upkeep.setWindows([row]);
    assert.deepEqual(await dayOf(store(), tenant), [70n, 5n, 1]);
    await store().upkeep.forgetCounters(NEXT_DAY);
    assert.deepEqual(await dayOf(store(), tenant), [70n, 5n, 1]);
    await store().upkeep.forgetCounters(NEXT_DAY + 48 * 3_600_000);
    assert.equal(await dayOf(store(), tenant), undefined);
    await store().settle([settled(tenant, "h1", nano(5n))]);
    assert.equal((await viewOf(store(), tenant, ORG)).spent.nanousd, 5n);
  });

  test("amounts around 2^53 are exact in windows, and 200 at once against room for 20 admit 20", async () => {
    const tenant = freshTenant();
    const edge = 2n ** 53n;
    const opening = { start: DAY, spent: nano(edge - 99n) };
    await store().setLimits([daily(tenant, edge + 1n, { opening })]);
    const ids = Array.from({ length: 200 }, (_, index) => `a${index}`);
    const outcomes = await Promise.all(
      ids.map((id) => place(store(), termsOf(tenant, id, nano(5n), { startedAt: NOON }))),
    );
    assert.equal(outcomes.filter(({ kind }) => kind === "granted").length, 20);
    const { limit, spent, held } = shortfallOf(outcomes.find(({ kind }) => kind === "refused"));
    assert.deepEqual([limit, spent, held], [edge + 1n, edge - 99n, 100n]);
    assert.equal(inUnit((await viewOf(store(), tenant, ORG)).held, "nanousd"), 100n);
  });
}
