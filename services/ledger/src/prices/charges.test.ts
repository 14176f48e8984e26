import assert from "node:assert/strict";
import { test } from "node:test";
import { Usage } from "@sluice/proto/common/v1/usage";
import fc from "fast-check";
import { chargesOf } from "./charges.ts";
import { cost } from "./cost.ts";
import type { Price, Rates } from "./price.ts";

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);

const RATES: Rates = {
  input: 2_000_000_001n,
  cachedInput: 500_000_333n,
  cacheWrite5m: 2_500_000_007n,
  output: 8_000_000_013n,
  audioInput: 40_000_000_001n,
  audioOutput: 80_000_000_001n,
  imageInput: 10_000_000_003n,
  imageOutput: 40_000_000_007n,
  image: 39_999_999_999n,
  search: 2_000_000_000_001n,
  character: 15_000_000_001n,
  audioSecond: 100_000_000_001n,
  request: 5_000_000_000_001n,
  serverTools: { web_search: 10_000_000_000_001n },
};
const PRICE: Price = { priceId: "a/b", id: "a/b@1", validFrom: 0, rates: RATES };

const units = fc.option(fc.bigInt(0n, 3_000_000n), { nil: undefined });
const usage = fc
  .record({
    inputTokens: units,
    cachedInputTokens: units,
    cacheWrite5mTokens: units,
    cacheWrite1hTokens: units,
    outputTokens: units,
    inputAudioTokens: units,
    outputAudioTokens: units,
    inputImageTokens: units,
    outputImageTokens: units,
    images: units,
    searches: units,
    characters: units,
    audioMs: units,
    calls: fc.bigInt(0n, 5n),
  })
  .map(({ calls, ...classes }) => Usage.fromPartial({ ...classes, serverToolCalls: { web_search: calls } }));

test("the classes of a cost sum to the cost, whatever was used", () => {
  fc.assert(
    fc.property(usage, (used) => {
      const charges = chargesOf(used, PRICE);
      assert.equal(sum(charges.map(({ nanousd }) => nanousd)), cost(used, PRICE));
      assert.ok(charges.every(({ nanousd, quantity }) => nanousd >= 0n && quantity > 0n));
    }),
  );
});

test("reasoning that is priced apart is a class of its own, beside the rest of the output", () => {
  const price = { ...PRICE, rates: { ...RATES, reasoning: 3_000_000_000n, request: undefined } };
  const used = Usage.fromPartial({ outputTokens: 100n, reasoningTokens: 40n });
  assert.deepEqual(
    chargesOf(used, price).map(({ class: name, quantity, nanousd }) => [name, quantity, nanousd]),
    [
      ["reasoning", 40n, 120_000n],
      ["output", 60n, 480_001n],
    ],
  );
  assert.equal(cost(used, price), 600_001n);
});

test("a long prompt is split by the rates it is charged by", () => {
  const price = { ...PRICE, longContext: [{ aboveInputTokens: 100n, rates: { input: 9_000_000_000n, output: 1n } }] };
  const used = Usage.fromPartial({ inputTokens: 60n, cachedInputTokens: 50n });
  assert.deepEqual(
    chargesOf(used, price).map(({ class: name, rate }) => [name, rate]),
    [
      ["input", 9_000_000_000n],
      ["cached_input", 9_000_000_000n],
    ],
  );
});

test("a flat charge is one class", () => {
  const price = { ...PRICE, flat: 777n };
  assert.deepEqual(chargesOf(Usage.fromPartial({}), price), [
    { class: "flat", quantity: 1n, nanousd: 777n, rate: 777_000_000n },
  ]);
});
