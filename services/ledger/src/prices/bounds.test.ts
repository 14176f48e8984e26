import assert from "node:assert/strict";
import { test } from "node:test";
import { Usage } from "@sluice/proto/common/v1/usage";
import fc from "fast-check";
import { inUnit, UNITS, type UnitName } from "../amounts.ts";
import { type Bounds, payableOutput, worstCase } from "./bounds.ts";
import { cost } from "./cost.ts";
import type { LongContext, Price } from "./price.ts";

const rate = fc.bigInt({ min: 0n, max: 200_000_000_000n });
const rates = fc.record({
  input: rate,
  cachedInput: fc.option(rate, { nil: undefined }),
  cacheWrite5m: fc.option(rate, { nil: undefined }),
  cacheWrite1h: fc.option(rate, { nil: undefined }),
  output: rate,
  reasoning: fc.option(rate, { nil: undefined }),
  request: fc.option(rate, { nil: undefined }),
});
const ascending = (list: LongContext[]): LongContext[] =>
  list.toSorted((a, b) => Number(a.aboveInputTokens - b.aboveInputTokens));
const price: fc.Arbitrary<Price> = fc.record({
  priceId: fc.constant("a/b"),
  id: fc.constant("a/b@1"),
  validFrom: fc.constant(0),
  rates,
  longContext: fc.option(
    fc.array(fc.record({ aboveInputTokens: fc.bigInt(1n, 3_000n), rates }), { maxLength: 3 }).map(ascending),
    { nil: undefined },
  ),
  tiers: fc.option(fc.dictionary(fc.constantFrom("flex", "priority"), fc.record({ rates })), { nil: undefined }),
});
const bounds: fc.Arbitrary<Bounds> = fc.record({
  inputTokens: fc.bigInt(0n, 5_000n),
  outputTokens: fc.bigInt(0n, 5_000n),
  answers: fc.bigInt(1n, 4n),
});

test("no usage within the bounds costs more than the worst case", () => {
  const share = fc.tuple(fc.nat(100), fc.nat(100), fc.nat(100), fc.nat(100), fc.nat(100));
  fc.assert(
    fc.property(price, bounds, share, (somePrice, some, [a, b, c, d, out]) => {
      const input = some.inputTokens * some.answers;
      const parts = BigInt(a + b + c + d || 1);
      const part = (each: number): bigint => (input * BigInt(each)) / parts;
      const usage = Usage.fromPartial({
        inputTokens: part(a),
        cachedInputTokens: part(b),
        cacheWrite5mTokens: part(c),
        cacheWrite1hTokens: part(d),
        outputTokens: (some.outputTokens * some.answers * BigInt(out)) / 100n,
        reasoningTokens: (some.outputTokens * some.answers * BigInt(out)) / 200n,
      });
      assert.ok(cost(usage, somePrice) <= worstCase(some, somePrice).nanousd);
      for (const tier of Object.keys(somePrice.tiers ?? {})) {
        for (const serviceTier of [tier, "auto"]) {
          const most = worstCase({ ...some, serviceTier }, somePrice).nanousd;
          assert.ok(cost(usage, somePrice, tier) <= most);
          assert.ok(cost(usage, somePrice) <= most);
        }
      }
    }),
  );
});

test("the payable output fits every room, and one token more does not", () => {
  const room = fc.record({ unit: fc.constantFrom<UnitName>(...UNITS), room: fc.bigInt(-10n, 2_000_000_000n) });
  fc.assert(
    fc.property(price, bounds, fc.array(room, { maxLength: 4 }), (somePrice, some, rooms) => {
      const fits = (outputTokens: bigint): boolean => {
        const needed = worstCase({ ...some, outputTokens }, somePrice);
        return rooms.every((each) => inUnit(needed, each.unit) <= each.room);
      };
      const payable = payableOutput(some, somePrice, rooms);
      if (payable < 0n) assert.equal(fits(0n), false);
      else {
        assert.ok(fits(payable));
        if (payable < some.outputTokens) assert.equal(fits(payable + 1n), false);
      }
    }),
  );
});
