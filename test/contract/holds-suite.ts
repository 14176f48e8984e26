import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { accountKey } from "../../services/ledger/src/accounts.ts";
import { NOTHING } from "../../services/ledger/src/amounts.ts";
import type { Hold, HoldStore } from "../../services/ledger/src/holds/types.ts";
import {
  CHAIN,
  freshTenant,
  HARD,
  holdOf,
  KEY,
  limit,
  nano,
  ORG,
  place,
  settled,
  shortfallOf,
  termsOf,
  viewOf,
} from "./holds-kit.ts";
import { slices } from "./holds-slices-suite.ts";
import { windows } from "./holds-windows-suite.ts";

const EDGE = 2n ** 53n;

/** What every hold store does alike. */
export function holdsSuite(name: string, store: () => HoldStore): void {
  describe(`admission (${name})`, () => admission(store));
  describe(`the life of a hold (${name})`, () => lives(store));
  describe(`settling (${name})`, () => settling(store));
  describe(`amounts beyond 2^53 (${name})`, () => edges(store));
  describe(`windows and soft limits (${name})`, () => windows(store));
  describe(`slices of sessions (${name})`, () => slices(store));
  describe(`upkeep (${name})`, () => upkeep(store));
}

function admission(store: () => HoldStore): void {
  test("200 at once against room for 20 admit exactly 20", async () => {
    const tenant = freshTenant();
    await limit(store(), tenant, KEY, 100n);
    const ids = Array.from({ length: 200 }, (_, index) => `a${index}`);
    const outcomes = await Promise.all(ids.map((id) => place(store(), termsOf(tenant, id, nano(5n)))));
    assert.equal(outcomes.filter(({ kind }) => kind === "granted").length, 20);
    const { held, openHolds } = await viewOf(store(), tenant, KEY);
    assert.deepEqual([held.nanousd, openHolds], [100n, 20]);
    const { limit: of, spent, held: inFlight, needed } = shortfallOf(outcomes.find(({ kind }) => kind === "refused"));
    assert.deepEqual([of, spent, inFlight, needed], [100n, 0n, 100n, 5n]);
  });

  test("a refusal names every account without room and leaves no trace on the others", async () => {
    const tenant = freshTenant();
    await limit(store(), tenant, KEY, 4n);
    await store().setLimits([{ ...HARD, tenant, account: ORG, unit: "output_tokens", limit: 10n }]);
    const outcome = await place(store(), termsOf(tenant, "h", { nanousd: 5n, inputTokens: 1n, outputTokens: 11n }));
    assert.ok(outcome.kind === "refused");
    const named = outcome.shortfalls.map(({ account, unit }) => `${accountKey(account)} ${unit}`);
    assert.deepEqual(named.sort(), ["key:k1 nanousd", "org:acme output_tokens"]);
    assert.equal((await viewOf(store(), tenant, ORG)).openHolds, 0);
    assert.equal(await holdOf(store(), tenant, "h"), undefined);
  });

  for (const unit of ["tokens", "input_tokens", "output_tokens"] as const) {
    test(`a limit on ${unit} is enforced`, async () => {
      const tenant = freshTenant();
      const amounts = { nanousd: 1n, inputTokens: 30n, outputTokens: 30n };
      await store().setLimits([{ ...HARD, tenant, account: ORG, unit, limit: unit === "tokens" ? 60n : 30n }]);
      assert.equal((await place(store(), termsOf(tenant, "h1", amounts))).kind, "granted");
      assert.equal((await place(store(), termsOf(tenant, "h2", amounts))).kind, "refused");
    });
  }

  test("a limit that is removed no longer refuses, and a zero limit refuses all that costs", async () => {
    const tenant = freshTenant();
    await limit(store(), tenant, ORG, 0n);
    assert.equal((await place(store(), termsOf(tenant, "h1", nano(1n)))).kind, "refused");
    await store().setLimits([{ ...HARD, tenant, account: ORG, unit: "nanousd", limit: undefined }]);
    assert.equal((await place(store(), termsOf(tenant, "h1", nano(1n)))).kind, "granted");
  });

  test("the same id again is the same hold; other content or an ended hold is a conflict", async () => {
    const tenant = freshTenant();
    const terms = termsOf(tenant, "h", nano(5n));
    assert.equal((await place(store(), terms)).kind, "granted");
    const again = await place(store(), { ...terms, expiresAt: 99_000 });
    assert.ok(again.kind === "granted" && again.repeated);
    assert.equal(again.hold.expiresAt, 61_000);
    assert.equal((await viewOf(store(), tenant, ORG)).held.nanousd, 5n);
    assert.equal((await place(store(), { ...terms, fingerprint: "other" })).kind, "conflict");
    await store().settle([settled(tenant, "h", nano(1n))]);
    assert.equal((await place(store(), terms)).kind, "conflict");
  });

  test("ten repetitions at once hold once", async () => {
    const tenant = freshTenant();
    const terms = termsOf(tenant, "h", nano(5n));
    await Promise.all(Array.from({ length: 10 }, () => place(store(), terms)));
    const { held, openHolds } = await viewOf(store(), tenant, KEY);
    assert.deepEqual([held.nanousd, openHolds], [5n, 1]);
  });
}

function lives(store: () => HoldStore): void {
  test("what was placed is found again, whole", async () => {
    const tenant = freshTenant();
    const terms = termsOf(tenant, "h", { nanousd: 7n, inputTokens: 8n, outputTokens: 9n });
    await place(store(), terms);
    const live = { state: "live", counters: [], started: false, settled: NOTHING, rank: 0, endedAt: 0 };
    assert.deepEqual(await holdOf(store(), tenant, "h"), { ...terms, ...live });
    assert.equal(await holdOf(store(), freshTenant(), "h"), undefined);
  });

  test("renewing moves the expiry of live holds only", async () => {
    const tenant = freshTenant();
    await place(store(), termsOf(tenant, "h", nano(5n)));
    assert.equal(await store().renew({ tenant, id: "h" }, 90_000), 90_000);
    assert.equal((await holdOf(store(), tenant, "h"))?.expiresAt, 90_000);
    assert.equal(await store().void({ tenant, id: "h" }, 5_000), true);
    assert.equal(await store().renew({ tenant, id: "h" }, 99_000), undefined);
    assert.equal(await store().renew({ tenant, id: "unknown" }, 99_000), undefined);
  });

  test("shrinking lowers the money on every account and never raises it", async () => {
    const tenant = freshTenant();
    await place(store(), termsOf(tenant, "h", nano(50n)));
    assert.equal(await store().shrink({ tenant, id: "h" }, 20n), 20n);
    assert.equal(await store().shrink({ tenant, id: "h" }, 30n), 20n);
    assert.equal((await viewOf(store(), tenant, ORG)).held.nanousd, 20n);
    assert.equal((await viewOf(store(), tenant, KEY)).held.nanousd, 20n);
    await store().settle([settled(tenant, "h", nano(4n))]);
    assert.equal((await viewOf(store(), tenant, KEY)).held.nanousd, 0n);
    assert.equal(await store().shrink({ tenant, id: "h" }, 1n), undefined);
  });

  test("a void gives everything back, once, and only before the start", async () => {
    const tenant = freshTenant();
    await place(store(), termsOf(tenant, "h1", nano(5n)));
    await place(store(), termsOf(tenant, "h2", nano(6n)));
    await store().markStarted([{ tenant, id: "h2" }]);
    assert.equal(await store().void({ tenant, id: "h1" }, 5_000), true);
    assert.equal(await store().void({ tenant, id: "h1" }, 6_000), true);
    assert.equal(await store().void({ tenant, id: "h2" }, 5_000), false);
    assert.equal(await store().void({ tenant, id: "unknown" }, 5_000), false);
    const { held, openHolds } = await viewOf(store(), tenant, ORG);
    assert.deepEqual([held.nanousd, openHolds], [6n, 1]);
    assert.equal((await holdOf(store(), tenant, "h1"))?.state, "void");
  });

  test("expired holds are listed, oldest first, and a renewed one is not voided for expiry", async () => {
    const tenant = freshTenant();
    await place(store(), termsOf(tenant, "h1", nano(1n), { expiresAt: 300 }));
    await place(store(), termsOf(tenant, "h2", nano(1n), { expiresAt: 200 }));
    await place(store(), termsOf(tenant, "h3", nano(1n), { expiresAt: 400 }));
    const mine = (await store().expired(300, 1_000)).filter((hold) => hold.tenant === tenant);
    assert.deepEqual(
      mine.map(({ id }) => id),
      ["h2", "h1"],
    );
    await store().renew({ tenant, id: "h1" }, 900);
    assert.equal(await store().void({ tenant, id: "h1" }, 500, 500), false);
    assert.equal(await store().void({ tenant, id: "h2" }, 500, 500), true);
    assert.equal(await store().void({ tenant, id: "h2" }, 500, 500), false);
    for (const id of ["h1", "h3"]) await store().void({ tenant, id }, 600);
  });
}

function settling(store: () => HoldStore): void {
  test("the actual replaces the hold on every account, however often it is told", async () => {
    const tenant = freshTenant();
    await place(store(), termsOf(tenant, "h", { nanousd: 50n, inputTokens: 10n, outputTokens: 20n }));
    const total = { nanousd: 30n, inputTokens: 10n, outputTokens: 5n };
    for (let i = 0; i < 3; i++) await store().settle([settled(tenant, "h", total)]);
    for (const account of CHAIN) {
      const { spent, held, openHolds } = await viewOf(store(), tenant, account);
      assert.deepEqual([spent, held, openHolds], [total, NOTHING, 0]);
    }
    const hold = await holdOf(store(), tenant, "h");
    assert.deepEqual([hold?.state, hold?.settled, hold?.endedAt], ["settled", total, 2_000]);
  });

  test("more than the hold is charged in full, and then nothing fits", async () => {
    const tenant = freshTenant();
    await limit(store(), tenant, KEY, 60n);
    await place(store(), termsOf(tenant, "h", nano(50n)));
    await store().settle([settled(tenant, "h", nano(70n))]);
    assert.equal((await viewOf(store(), tenant, KEY)).spent.nanousd, 70n);
    const { spent } = shortfallOf(await place(store(), termsOf(tenant, "h2", nano(1n))));
    assert.equal(spent, 70n);
  });

  test("metered replaces an estimate; an estimate never replaces metered", async () => {
    const tenant = freshTenant();
    await place(store(), termsOf(tenant, "h", nano(50n)));
    const estimate = settled(tenant, "h", nano(50n), { rank: 1, ending: "expired" });
    await store().settle([estimate]);
    assert.equal((await viewOf(store(), tenant, KEY)).spent.nanousd, 50n);
    await store().settle([settled(tenant, "h", nano(12n))]);
    await store().settle([estimate]);
    assert.equal((await viewOf(store(), tenant, KEY)).spent.nanousd, 12n);
    assert.equal((await viewOf(store(), tenant, KEY)).openHolds, 0);
  });

  test("a late fact about a void hold is charged to its accounts", async () => {
    const tenant = freshTenant();
    await place(store(), termsOf(tenant, "h", nano(50n)));
    await store().void({ tenant, id: "h" }, 5_000);
    await store().settle([settled(tenant, "h", nano(9n))]);
    const { spent, held } = await viewOf(store(), tenant, KEY);
    assert.deepEqual([spent.nanousd, held.nanousd], [9n, 0n]);
  });

  test("an unknown hold is charged once to the accounts given, or left alone", async () => {
    const tenant = freshTenant();
    await store().settle([settled(tenant, "h1", nano(9n))]);
    assert.deepEqual(await store().balances(tenant), []);
    for (let i = 0; i < 2; i++) await store().settle([settled(tenant, "h2", nano(9n), { chargeUnknown: [ORG] })]);
    assert.equal((await viewOf(store(), tenant, ORG)).spent.nanousd, 9n);
    assert.equal((await place(store(), termsOf(tenant, "h2", nano(1n)))).kind, "conflict");
  });
}

function edges(store: () => HoldStore): void {
  for (const [name, value] of [
    ["2^53 - 1", EDGE - 1n],
    ["2^53", EDGE],
    ["2^53 + 1", EDGE + 1n],
    ["2^62", 2n ** 62n],
  ] as const) {
    test(`a limit of ${name} admits to the last unit and not one more`, async () => {
      const tenant = freshTenant();
      await limit(store(), tenant, ORG, value);
      await store().upkeep.setSpent([{ tenant, account: ORG, spent: nano(value - 2n) }]);
      assert.equal((await place(store(), termsOf(tenant, "h0", nano(3n)))).kind, "refused");
      assert.equal((await place(store(), termsOf(tenant, "h1", nano(1n)))).kind, "granted");
      assert.equal((await place(store(), termsOf(tenant, "h2", nano(2n)))).kind, "refused");
      assert.equal((await place(store(), termsOf(tenant, "h3", nano(1n)))).kind, "granted");
      assert.equal((await place(store(), termsOf(tenant, "h4", nano(1n)))).kind, "refused");
      await store().settle([settled(tenant, "h1", nano(1n)), settled(tenant, "h3", nano(1n))]);
      const view = await viewOf(store(), tenant, ORG);
      assert.deepEqual([view.limits[0]?.limit, view.spent.nanousd, view.held.nanousd], [value, value, 0n]);
    });
  }

  test("holds and settlements around 2^53 keep every unit, tokens too", async () => {
    const tenant = freshTenant();
    const huge = { nanousd: EDGE + 1n, inputTokens: EDGE - 1n, outputTokens: EDGE + 3n };
    await place(store(), termsOf(tenant, "h", huge));
    assert.deepEqual((await viewOf(store(), tenant, KEY)).held, huge);
    assert.equal(await store().shrink({ tenant, id: "h" }, EDGE), EDGE);
    await store().settle([settled(tenant, "h", huge)]);
    assert.deepEqual((await viewOf(store(), tenant, KEY)).spent, huge);
    const lower = { ...huge, nanousd: 999_999_999n };
    await place(store(), termsOf(tenant, "h2", huge));
    await store().settle([settled(tenant, "h2", huge, { rank: 1, ending: "expired" })]);
    await store().settle([settled(tenant, "h2", lower)]);
    assert.equal((await viewOf(store(), tenant, KEY)).spent.nanousd, EDGE + 1n + 999_999_999n);
  });
}

function upkeep(store: () => HoldStore): void {
  test("restored holds are live again without asking for room, once", async () => {
    const tenant = freshTenant();
    await limit(store(), tenant, KEY, 1n);
    const rest = { state: "live", counters: [], settled: NOTHING, rank: 0, endedAt: 0 } as const;
    const hold: Hold = { ...termsOf(tenant, "h", nano(5n), { fingerprint: "" }), ...rest, started: true };
    await store().upkeep.restore([hold]);
    await store().upkeep.restore([hold]);
    assert.deepEqual(await holdOf(store(), tenant, "h"), hold);
    assert.equal((await viewOf(store(), tenant, KEY)).held.nanousd, 5n);
    const again = await place(store(), termsOf(tenant, "h", nano(5n)));
    assert.ok(again.kind === "granted" && again.repeated);
    await store().settle([settled(tenant, "h", nano(5n))]);
  });

  test("spent is overwritten, and everything of a tenant is listed", async () => {
    const tenant = freshTenant();
    await store().upkeep.setSpent([
      { tenant, account: ORG, spent: { nanousd: 10n, inputTokens: 3n, outputTokens: 4n } },
      { tenant, account: KEY, spent: nano(10n) },
    ]);
    const views = await store().balances(tenant);
    assert.deepEqual(views.map(({ account }) => accountKey(account)).sort(), ["key:k1", "org:acme"]);
    assert.equal((await viewOf(store(), tenant, ORG)).spent.outputTokens, 4n);
    assert.ok((await store().balances()).some((view) => view.tenant === tenant));
  });
}
