import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { AccountRef } from "../../services/ledger/src/accounts.ts";
import type { Need, RateLimits, Taken } from "../../services/ledger/src/rates/minute.ts";
import type { RateStore, TakeOutcome } from "../../services/ledger/src/rates/types.ts";
import { freshTenant } from "./holds-kit.ts";

const ORG: AccountRef = { kind: "org", id: "acme" };
const KEY: AccountRef = { kind: "key", id: "k1" };
const START = 1_700_000_000_000;

async function take(
  store: RateStore,
  tenant: string,
  { at = START, need, org, key }: { at?: number; need: Need; org?: RateLimits; key?: RateLimits },
): Promise<TakeOutcome> {
  const accounts = [
    ...(org === undefined ? [] : [{ account: ORG, limits: org }]),
    ...(key === undefined ? [] : [{ account: KEY, limits: key }]),
  ];
  return await store.take({ tenant, accounts, need, at });
}

/** What every store of rates does alike. */
export function ratesSuite(name: string, store: () => RateStore): void {
  describe(`rates (${name})`, () => {
    test("a thousand at once against room for 137 admit exactly 137", async () => {
      const tenant = freshTenant();
      const need = { requests: 1, tokens: 10 };
      const asked = Array.from({ length: 1_000 }, () =>
        take(store(), tenant, { need, org: { tokens: 1_379 }, key: { requests: 500 } }),
      );
      assert.equal((await Promise.all(asked)).filter(({ granted }) => granted).length, 137);
    });

    test("what one account refuses is taken from none", async () => {
      const tenant = freshTenant();
      const need = { requests: 1, tokens: 60 };
      const both = { need, org: { tokens: 1_000 }, key: { tokens: 100 } };
      assert.equal((await take(store(), tenant, both)).granted, true);
      const refused = await take(store(), tenant, both);
      assert.equal(refused.granted, false);
      assert.deepEqual(refused.entries.map(sumOf), [60, 60]);
    });

    test("room comes back when seconds leave, and when tokens are given back", async () => {
      const tenant = freshTenant();
      const need = { requests: 1, tokens: 80 };
      const ask = { need, key: { tokens: 100 } };
      assert.equal((await take(store(), tenant, ask)).granted, true);
      assert.equal((await take(store(), tenant, { ...ask, at: START + 60_999 })).granted, false);
      const change = { requests: 0, tokens: -70 };
      await store().correct([{ tenant, accounts: [KEY], change, takenAt: START }]);
      const second = await take(store(), tenant, { ...ask, at: START + 30_000 });
      assert.deepEqual([second.granted, second.entries.map(sumOf)], [true, [90]]);
      assert.equal((await take(store(), tenant, { ...ask, at: START + 61_000 })).granted, false);
      assert.equal((await take(store(), tenant, { ...ask, at: START + 91_000 })).granted, true);
    });

    test("looking tells what was taken and takes nothing", async () => {
      const tenant = freshTenant();
      const need = { requests: 1, tokens: 80 };
      await take(store(), tenant, { need, key: { tokens: 100 } });
      for (let looks = 0; looks < 2; looks++) {
        const second = START / 1_000;
        assert.deepEqual(await store().look(tenant, [ORG, KEY]), [[], [{ second, ...need }]]);
      }
    });

    test("large figures stay exact", async () => {
      const tenant = freshTenant();
      const large = 10 ** 12;
      const need = { requests: 0, tokens: large };
      assert.equal((await take(store(), tenant, { need, org: { tokens: 2 * large } })).granted, true);
      const rest = await take(store(), tenant, {
        need: { requests: 0, tokens: large + 1 },
        org: { tokens: 2 * large },
      });
      assert.equal(rest.granted, false);
      assert.equal((await take(store(), tenant, { need, org: { tokens: 2 * large } })).granted, true);
    });
  });
}

function sumOf(entries: readonly Taken[]): number {
  return entries.reduce((sum, { tokens }) => sum + tokens, 0);
}
