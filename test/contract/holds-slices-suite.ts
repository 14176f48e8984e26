import assert from "node:assert/strict";
import { test } from "node:test";
import type { Amounts } from "../../services/ledger/src/amounts.ts";
import type { Hold, HoldStore, HoldTerms, UnitAmount } from "../../services/ledger/src/holds/types.ts";
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
  termsOf,
  viewOf,
} from "./holds-kit.ts";

const SESSION = { kind: "session", id: "ses_1" } as const;
const MODEL = { kind: "model", id: "acme/small" } as const;
const NOON = Date.parse("2026-10-24T12:00:00Z");
const DAY = Date.parse("2026-10-24T00:00:00Z");
const NEXT_DAY = DAY + 24 * 3_600_000;

function sliceOf(tenant: string, size: readonly UnitAmount[], more: Partial<HoldTerms> = {}): HoldTerms {
  const of = (unit: UnitAmount["unit"]): bigint => size.find((each) => each.unit === unit)?.value ?? 0n;
  const amounts = { nanousd: of("nanousd"), inputTokens: of("input_tokens"), outputTokens: of("output_tokens") };
  return termsOf(tenant, SESSION.id, amounts, { size, accounts: CHAIN, requestId: "", ...more });
}

const money = (value: bigint): readonly UnitAmount[] => [{ unit: "nanousd", value }];

function callOf(tenant: string, id: string, amounts: Amounts, more: Partial<HoldTerms> = {}): HoldTerms {
  return termsOf(tenant, id, amounts, { accounts: [SESSION, ...CHAIN, MODEL], sliceId: SESSION.id, ...more });
}

/** Spent and held of an account, in money. */
async function moneyOf(
  store: HoldStore,
  tenant: string,
  account: typeof ORG | typeof SESSION | typeof KEY | typeof MODEL,
) {
  const { spent, held } = await viewOf(store, tenant, account);
  return [spent.nanousd, held.nanousd];
}

/** Slices of sessions: what every hold store does alike. */
export function slices(store: () => HoldStore): void {
  test("a slice is held on the parents and limits its session", async () => {
    const tenant = freshTenant();
    await limit(store(), tenant, ORG, 150n);
    assert.equal((await place(store(), sliceOf(tenant, money(100n)))).kind, "granted");
    assert.deepEqual(await moneyOf(store(), tenant, ORG), [0n, 100n]);
    const { limits } = await viewOf(store(), tenant, SESSION);
    assert.deepEqual(limits, [{ ...HARD, unit: "nanousd", limit: 100n }]);
    const other = sliceOf(tenant, money(60n), { id: "ses_2" });
    assert.equal((await place(store(), other)).kind, "refused");
    assert.equal((await place(store(), sliceOf(tenant, money(100n)))).kind, "granted", "the same again");
  });

  test("a call takes its hold out of the slice, so that the parents' sums stay as they were", async () => {
    const tenant = freshTenant();
    await limit(store(), tenant, ORG, 100n);
    await place(store(), sliceOf(tenant, money(100n)));
    assert.equal((await place(store(), callOf(tenant, "h1", nano(30n)))).kind, "granted");
    assert.deepEqual(await moneyOf(store(), tenant, ORG), [0n, 100n]);
    assert.deepEqual(await moneyOf(store(), tenant, SESSION), [0n, 30n]);
    assert.deepEqual(await moneyOf(store(), tenant, MODEL), [0n, 30n]);
    assert.equal((await holdOf(store(), tenant, SESSION.id))?.amounts.nanousd, 70n);
    await store().settle([settled(tenant, "h1", nano(12n))]);
    assert.deepEqual(await moneyOf(store(), tenant, ORG), [12n, 88n]);
    assert.deepEqual(await moneyOf(store(), tenant, SESSION), [12n, 0n]);
    assert.equal((await place(store(), callOf(tenant, "h2", nano(89n)))).kind, "refused");
    assert.equal((await place(store(), callOf(tenant, "h3", nano(88n)))).kind, "granted");
    assert.deepEqual(await moneyOf(store(), tenant, ORG), [12n, 88n]);
  });

  test("shrinking, voiding and correcting give to the slice and take from it", async () => {
    const tenant = freshTenant();
    await place(store(), sliceOf(tenant, money(100n)));
    for (const id of ["h1", "h2", "h3"]) await place(store(), callOf(tenant, id, nano(20n)));
    await store().shrink({ tenant, id: "h1" }, 5n);
    await store().void({ tenant, id: "h2" }, 9);
    assert.deepEqual(await moneyOf(store(), tenant, KEY), [0n, 100n]);
    await store().settle([settled(tenant, "h3", nano(20n), { rank: 1, ending: "expired" })]);
    assert.deepEqual(await moneyOf(store(), tenant, KEY), [20n, 80n]);
    await store().settle([settled(tenant, "h3", nano(11n))]);
    assert.deepEqual(await moneyOf(store(), tenant, KEY), [11n, 89n]);
    assert.equal((await holdOf(store(), tenant, SESSION.id))?.amounts.nanousd, 84n);
  });

  test("more than the slice is charged in full; the slice holds nothing then, never less", async () => {
    const tenant = freshTenant();
    await place(store(), sliceOf(tenant, money(50n)));
    await place(store(), callOf(tenant, "h1", nano(40n)));
    await store().settle([settled(tenant, "h1", nano(70n), { rank: 1, ending: "expired" })]);
    assert.deepEqual(await moneyOf(store(), tenant, ORG), [70n, 0n]);
    assert.equal((await place(store(), callOf(tenant, "h2", nano(1n)))).kind, "refused");
    await store().settle([settled(tenant, "h1", nano(45n))]);
    assert.deepEqual(await moneyOf(store(), tenant, ORG), [45n, 5n]);
  });

  test("a closed slice frees what its calls have not taken; they keep theirs, and no other is admitted", async () => {
    const tenant = freshTenant();
    await place(store(), sliceOf(tenant, money(100n)));
    await place(store(), callOf(tenant, "h1", nano(30n)));
    assert.equal(await store().void({ tenant, id: SESSION.id }, 2_000), true);
    assert.deepEqual(await moneyOf(store(), tenant, ORG), [0n, 30n]);
    assert.deepEqual((await viewOf(store(), tenant, SESSION)).limits, []);
    assert.equal((await place(store(), callOf(tenant, "h2", nano(1n)))).kind, "session_ended");
    await store().settle([settled(tenant, "h1", nano(30n), { rank: 1, ending: "expired" })]);
    await store().settle([settled(tenant, "h1", nano(25n))]);
    assert.deepEqual(await moneyOf(store(), tenant, ORG), [25n, 0n]);
    assert.deepEqual(await moneyOf(store(), tenant, SESSION), [25n, 0n]);
  });

  test("a slice that is over admits nothing, before it is swept and after", async () => {
    const tenant = freshTenant();
    await place(store(), sliceOf(tenant, money(100n), { expiresAt: 5_000 }));
    const late = callOf(tenant, "h1", nano(1n), { placedAt: 5_000 });
    assert.equal((await place(store(), late)).kind, "session_ended");
    assert.equal(await store().void({ tenant, id: SESSION.id }, 4_000, 4_000), false);
    assert.equal(await store().void({ tenant, id: SESSION.id }, 5_000, 5_000), true);
    assert.equal((await place(store(), late)).kind, "session_ended");
    const unknown = callOf(tenant, "h2", nano(1n), { sliceId: "ses_9" });
    assert.equal((await place(store(), unknown)).kind, "session_ended");
    assert.deepEqual(await moneyOf(store(), tenant, ORG), [0n, 0n]);
  });

  test("what a slice has no amount in is asked of the parents as for any call", async () => {
    const tenant = freshTenant();
    await store().setLimits([{ ...HARD, tenant, account: KEY, unit: "tokens", limit: 25n }]);
    await place(store(), sliceOf(tenant, money(100n)));
    const need = { nanousd: 10n, inputTokens: 5n, outputTokens: 5n };
    for (const id of ["h1", "h2"]) assert.equal((await place(store(), callOf(tenant, id, need))).kind, "granted");
    assert.equal((await place(store(), callOf(tenant, "h3", need))).kind, "refused");
    assert.equal((await viewOf(store(), tenant, KEY)).held.outputTokens, 10n);
  });

  test("a slice in tokens holds tokens; one of all tokens together is a limit of its session alone", async () => {
    const tenant = freshTenant();
    const size = [
      { unit: "output_tokens", value: 50n },
      { unit: "tokens", value: 60n },
    ] as const;
    await place(store(), sliceOf(tenant, size));
    assert.deepEqual((await viewOf(store(), tenant, KEY)).held, { nanousd: 0n, inputTokens: 0n, outputTokens: 50n });
    const need = { nanousd: 1n, inputTokens: 25n, outputTokens: 10n };
    assert.equal((await place(store(), callOf(tenant, "h1", need))).kind, "granted");
    assert.deepEqual((await viewOf(store(), tenant, KEY)).held, { nanousd: 1n, inputTokens: 25n, outputTokens: 50n });
    assert.equal((await place(store(), callOf(tenant, "h2", { ...need, inputTokens: 16n }))).kind, "refused");
  });

  test("a soft limit on the parents is told to the calls of a slice too, though they add nothing there", async () => {
    const tenant = freshTenant();
    await store().setLimits([{ tenant, account: ORG, window: "total", unit: "nanousd", soft: true, limit: 90n }]);
    await place(store(), sliceOf(tenant, money(100n)));
    const call = await place(store(), callOf(tenant, "h1", nano(30n)));
    assert.ok(call.kind === "granted");
    assert.deepEqual(
      call.softPassed.map(({ account, limit: most, held, needed }) => [account.id, most, held, needed]),
      [[ORG.id, 90n, 100n, 0n]],
    );
    const free = await place(store(), callOf(tenant, "h2", { nanousd: 0n, inputTokens: 5n, outputTokens: 5n }));
    assert.ok(free.kind === "granted" && free.softPassed.length === 0, "a call that costs nothing passes nothing");
  });

  test("a slice covers the windows it was placed in; a call of the next day asks that day", async () => {
    const tenant = freshTenant();
    await store().setLimits([{ tenant, account: ORG, window: "day", unit: "nanousd", soft: false, limit: 100n }]);
    const dayAt = async (start: number) => {
      const found = (await viewOf(store(), tenant, ORG)).windows.find((each) => each.start === start);
      return [found?.spent.nanousd, found?.held.nanousd];
    };
    await place(store(), sliceOf(tenant, money(80n), { startedAt: NOON, placedAt: NOON, expiresAt: NEXT_DAY * 2 }));
    const call = (id: string, startedAt: number) =>
      place(store(), callOf(tenant, id, nano(30n), { startedAt, placedAt: startedAt }));
    assert.equal((await call("h1", NOON)).kind, "granted");
    assert.deepEqual(await dayAt(DAY), [0n, 80n]);
    assert.equal((await call("h2", NEXT_DAY + 5)).kind, "granted");
    assert.deepEqual(await dayAt(NEXT_DAY), [0n, 30n]);
    assert.deepEqual(await moneyOf(store(), tenant, ORG), [0n, 80n]);
    await place(store(), termsOf(tenant, "h3", nano(65n), { startedAt: NEXT_DAY + 6 }));
    const refused = await call("h4", NEXT_DAY + 7);
    assert.ok(refused.kind === "refused" && refused.shortfalls.some(({ window }) => window === "day"));
  });

  test("a slice that was lost comes back whole and is brought to where its session stands", async () => {
    const tenant = freshTenant();
    const rest = { state: "live", counters: [], started: false, settled: nano(0n), rank: 0, endedAt: 0 } as const;
    const slice: Hold = { ...sliceOf(tenant, money(100n), { fingerprint: "" }), ...rest };
    const call: Hold = { ...callOf(tenant, "h1", nano(30n), { fingerprint: "" }), ...rest, started: true };
    await store().upkeep.restore([call, slice]);
    await store().upkeep.setSpent([
      { tenant, account: SESSION, spent: nano(15n) },
      { tenant, account: ORG, spent: nano(15n) },
    ]);
    assert.equal((await holdOf(store(), tenant, SESSION.id))?.amounts.nanousd, 55n);
    assert.deepEqual(await moneyOf(store(), tenant, ORG), [15n, 85n]);
    assert.equal((await place(store(), callOf(tenant, "h2", nano(56n)))).kind, "refused");
    assert.equal((await place(store(), callOf(tenant, "h3", nano(55n)))).kind, "granted");
  });

  test("a session without a limit is forgotten, and what is still charged to it does not bring a part of it back", async () => {
    const tenant = freshTenant();
    const forget = (...accounts: (typeof ORG | typeof SESSION)[]) =>
      store().upkeep.forgetAccounts(accounts.map((account) => ({ tenant, account })));
    const known = async () => (await store().balances(tenant)).map(({ account }) => account.kind).toSorted();
    await place(store(), sliceOf(tenant, money(100n)));
    await place(store(), callOf(tenant, "h1", nano(30n)));
    await store().settle([settled(tenant, "h1", nano(20n), { rank: 1, ending: "expired" })]);
    await forget(SESSION);
    assert.deepEqual(await moneyOf(store(), tenant, SESSION), [20n, 0n], "its slice limits it");
    await place(store(), callOf(tenant, "h2", nano(5n)));
    await store().void({ tenant, id: SESSION.id }, 2_000);
    await forget(SESSION, ORG);
    assert.deepEqual(await moneyOf(store(), tenant, SESSION), [20n, 5n], "a call is under way");
    await store().settle([settled(tenant, "h2", nano(5n))]);
    await forget(SESSION);
    assert.deepEqual(await known(), ["key", "model", "org"]);
    await store().settle([
      settled(tenant, "h1", nano(12n)),
      settled(tenant, "h9", nano(4n), { chargeUnknown: [SESSION, ...CHAIN], startedAt: 1_500 }),
    ]);
    assert.deepEqual(await known(), ["key", "model", "org"]);
    assert.deepEqual(await moneyOf(store(), tenant, ORG), [21n, 0n]);
    await place(store(), termsOf(tenant, "h10", nano(3n), { accounts: [SESSION, ...CHAIN] }));
    assert.deepEqual(await moneyOf(store(), tenant, SESSION), [0n, 3n]);
  });

  test("200 calls at once on a slice for 20 admit exactly 20", async () => {
    const tenant = freshTenant();
    await limit(store(), tenant, KEY, 130n);
    await place(store(), sliceOf(tenant, money(100n)));
    const ids = Array.from({ length: 200 }, (_, index) => `a${index}`);
    const outcomes = await Promise.all(ids.map((id) => place(store(), callOf(tenant, id, nano(5n)))));
    assert.equal(outcomes.filter(({ kind }) => kind === "granted").length, 20);
    assert.deepEqual(await moneyOf(store(), tenant, KEY), [0n, 100n]);
    await store().settle(
      ids.flatMap((id, index) => (outcomes[index]?.kind === "granted" ? [settled(tenant, id, nano(4n))] : [])),
    );
    assert.deepEqual(await moneyOf(store(), tenant, KEY), [80n, 20n]);
  });

  test("what a hold says about itself is found again: start, slice, task and tags", async () => {
    const tenant = freshTenant();
    await place(store(), sliceOf(tenant, money(100n)));
    const terms = callOf(tenant, "h1", nano(5n), {
      ...{ startedAt: NOON, task: "summary", tags: { team: "a,b", "": 'ü"]' } },
    });
    await place(store(), terms);
    const rest = { state: "live", counters: [], started: false, settled: nano(0n), rank: 0, endedAt: 0 };
    assert.deepEqual(await holdOf(store(), tenant, "h1"), { ...terms, ...rest });
    await store().settle([settled(tenant, "h1", nano(5n))]);
    const ended = await holdOf(store(), tenant, "h1");
    assert.deepEqual(
      [ended?.startedAt, ended?.sliceId, ended?.task, ended?.tags],
      [NOON, "ses_1", "summary", terms.tags],
    );
  });
}
