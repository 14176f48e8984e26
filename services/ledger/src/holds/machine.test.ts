import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type AccountRef, accountKey } from "../accounts.ts";
import { type Amounts, inUnit, NOTHING, plus, sameAmounts, UNITS, type UnitName } from "../amounts.ts";
import { changeLimits } from "./limits.ts";
import { placeHold, renewHold, settleHold, shrinkHold, startHold, voidHold } from "./machine.ts";
import { MemoryBook } from "./memory-book.ts";
import type { Hold, HoldTerms, Rank } from "./types.ts";

const TENANT = "acme";
const ACCOUNTS: readonly AccountRef[] = ["org", "team", "key"].map((kind) => ({ kind, id: "1" }) as AccountRef);

const amounts = fc.record({
  nanousd: fc.bigInt(0n, 50n),
  inputTokens: fc.bigInt(0n, 50n),
  outputTokens: fc.bigInt(0n, 50n),
});
const id = fc.constantFrom("h1", "h2", "h3", "h4", "h5", "h6");
const step = fc.oneof(
  fc.record({ do: fc.constant("place" as const), id, amounts, chain: fc.subarray([...ACCOUNTS], { minLength: 1 }) }),
  fc.record({ do: fc.constant("renew" as const), id }),
  fc.record({ do: fc.constant("shrink" as const), id, keep: fc.bigInt(0n, 60n) }),
  fc.record({ do: fc.constant("start" as const), id }),
  fc.record({ do: fc.constant("settle" as const), id, amounts, rank: fc.constantFrom<Rank>(1, 2) }),
  fc.record({ do: fc.constant("void" as const), id, expired: fc.boolean() }),
  fc.record({
    do: fc.constant("limit" as const),
    account: fc.constantFrom(...ACCOUNTS),
    unit: fc.constantFrom<UnitName>(...UNITS),
    limit: fc.option(fc.bigInt(0n, 200n), { nil: undefined }),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function termsOf(holdId: string, need: Amounts, accounts: readonly AccountRef[]): HoldTerms {
  const about = { tenant: TENANT, requestId: "r", provider: "p", model: "m", priceId: "p/m", priceVersion: "p/m@1" };
  const fingerprint = JSON.stringify([String(need.nanousd), accounts.map(accountKey)]);
  return { id: holdId, ...about, accounts, amounts: need, fingerprint, placedAt: 0, expiresAt: 100, ...PLAIN };
}

const PLAIN = { startedAt: 0, sliceId: "", size: [], task: "", tags: {} };
const HARD = { window: "total", soft: false } as const;

function run(book: MemoryBook, each: Step): void {
  const name = { tenant: TENANT, id: "id" in each ? each.id : "" };
  switch (each.do) {
    case "place": {
      const outcome = placeHold(book, termsOf(each.id, each.amounts, each.chain));
      if (outcome.kind === "granted" && !outcome.repeated) checkRoom(book, each.chain, each.amounts);
      break;
    }
    case "renew":
      renewHold(book, name, 200);
      break;
    case "shrink":
      shrinkHold(book, name, each.keep);
      break;
    case "start":
      startHold(book, name);
      break;
    case "settle": {
      const { rank, amounts: total } = each;
      settleHold(book, { ...name, total, rank, ending: rank === 1 ? "expired" : "settled", at: 5 });
      break;
    }
    case "void":
      voidHold(book, name, 5, each.expired ? 150 : undefined);
      break;
    case "limit":
      changeLimits(book, [{ ...HARD, tenant: TENANT, account: each.account, unit: each.unit, limit: each.limit }]);
  }
}

/** Right after admission nothing that the hold needs may be above its limit. */
function checkRoom(book: MemoryBook, chain: readonly AccountRef[], need: Amounts): void {
  for (const account of chain) {
    const { limits, spent, held } = book.account(TENANT, account);
    for (const { unit, limit } of limits) {
      if (inUnit(need, unit) > 0n) {
        assert.ok(inUnit(plus(spent, held), unit) <= limit, "admitted above the limit");
      }
    }
  }
}

/** Counters are exactly what the holds add up to. */
function checkSums(book: MemoryBook): void {
  for (const account of ACCOUNTS) {
    const mine = book.holds().filter((hold) => hold.accounts.some((each) => each.kind === account.kind));
    const live = mine.filter((hold) => hold.state === "live");
    const state = book.account(TENANT, account);
    const held = live.reduce((sum, hold) => plus(sum, hold.amounts), NOTHING);
    const spent = mine.reduce((sum, hold) => plus(sum, hold.settled), NOTHING);
    assert.ok(sameAmounts(state.held, held), "held is the sum of live holds");
    assert.ok(sameAmounts(state.spent, spent), "spent is the sum of settlements");
    assert.equal(state.openHolds, live.length);
  }
}

test("never above a limit at admission, sums conserved, each hold ends once", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const book = new MemoryBook();
      for (const each of steps) {
        const before: readonly Hold[] = book.holds();
        run(book, each);
        checkSums(book);
        for (const hold of before) {
          const now = book.hold(TENANT, hold.id);
          if (hold.state !== "live") assert.notEqual(now?.state, "live", "an ended hold came back to life");
          assert.ok((now?.rank ?? 0) >= hold.rank, "a firm settlement was weakened");
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("a settlement above its hold is charged in full and blocks what comes next", () => {
  const book = new MemoryBook();
  const [org] = ACCOUNTS;
  assert.ok(org);
  changeLimits(book, [{ ...HARD, tenant: TENANT, account: org, unit: "nanousd", limit: 10n }]);
  placeHold(book, termsOf("h1", { ...NOTHING, nanousd: 5n }, [org]));
  const total = { ...NOTHING, nanousd: 25n };
  settleHold(book, { tenant: TENANT, id: "h1", total, rank: 2, ending: "settled", at: 1 });
  assert.equal(book.account(TENANT, org).spent.nanousd, 25n);
  assert.equal(placeHold(book, termsOf("h2", { ...NOTHING, nanousd: 1n }, [org])).kind, "refused");
});

test("another tenant cannot touch a hold by its id", () => {
  const book = new MemoryBook();
  placeHold(book, termsOf("h1", { ...NOTHING, nanousd: 5n }, ACCOUNTS));
  const foreign = { tenant: "other", id: "h1" };
  assert.equal(voidHold(book, foreign, 1), false);
  assert.equal(renewHold(book, foreign, 999), undefined);
  settleHold(book, { ...foreign, total: NOTHING, rank: 2, ending: "settled", at: 1 });
  assert.equal(book.hold(TENANT, "h1")?.state, "live");
});
