import assert from "node:assert/strict";
import { test } from "node:test";
import { EmbeddedRates } from "./embedded-rates.ts";
import { RateKeeper } from "./rate-keeper.ts";

const AT = 1_700_000_000_000;
const KEY = { kind: "key", id: "k1" } as const;

test("what never fits is named, also while something else has to wait", async () => {
  const keeper = new RateKeeper(new EmbeddedRates(), { load: async () => [], save: async () => undefined });
  await keeper.set({ tenant: "t1", account: KEY, limits: { requests: 1, tokens: 500 } });
  const take = (tokens: number) =>
    keeper.take({ tenant: "t1", accounts: [KEY], need: { requests: 1, tokens }, at: AT });
  assert.equal((await take(10))?.kind, "granted");
  const waits = await take(10);
  assert.ok(waits?.kind === "refused" && waits.refusal.waitMs === 61_000);
  assert.deepEqual([waits.refusal.unit, waits.refusal.needed], ["requests", 1]);
  const never = await take(501);
  assert.ok(never?.kind === "refused" && never.refusal.waitMs === Number.POSITIVE_INFINITY);
  assert.deepEqual([never.refusal.unit, never.refusal.needed, never.refusal.figure.limit], ["tokens", 501, 500]);
});
