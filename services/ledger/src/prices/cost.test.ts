import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import { Usage } from "@sluice/proto/common/v1/usage";
import { flatPriceOf } from "./catalogue.ts";
import { cost } from "./cost.ts";
import type { Price } from "./price.ts";

const usd = (perMillion: number): bigint => BigInt(Math.round(perMillion * 1_000)) * 1_000_000n;

const base: Price = {
  priceId: "acme/base",
  id: "acme/base@1",
  validFrom: 0,
  rates: { input: usd(2), cachedInput: usd(0.5), output: usd(8) },
};
const writer: Price = {
  ...base,
  rates: { input: usd(3), cachedInput: usd(0.3), cacheWrite5m: usd(3.75), cacheWrite1h: usd(6), output: usd(15) },
};
const bare: Price = { ...base, rates: { input: usd(2), output: usd(8) } };
const rich: Price = {
  ...base,
  rates: {
    ...base.rates,
    audioInput: usd(40),
    audioOutput: usd(80),
    image: usd(40_000),
    serverTools: { web_search: usd(10_000) },
  },
};
const tiny: Price = { ...base, rates: { input: 1n, output: 3n } };
const long: Price = {
  ...base,
  longContext: [
    { aboveInputTokens: 1_000n, rates: { input: usd(4), cachedInput: usd(1), output: usd(12) } },
    { aboveInputTokens: 5_000n, rates: { input: usd(6), output: usd(18) } },
  ],
};
const thinker: Price = { ...base, rates: { input: usd(2), output: usd(8), reasoning: usd(3) } };
const tiered: Price = {
  ...base,
  tiers: {
    flex: { rates: { input: usd(1), output: usd(4) } },
    priority: { rates: { input: usd(4), output: usd(16) } },
  },
};
const others: Price = {
  ...base,
  rates: {
    input: usd(5),
    imageInput: usd(10),
    imageOutput: usd(40),
    request: usd(5_000),
    search: usd(2_000),
    audioSecond: usd(100),
    character: usd(15),
  },
};

type Case = readonly [name: string, price: Price, usage: Parameters<typeof Usage.fromPartial>[0], nanousd: bigint];

// Each amount was computed by hand: tokens times USD per million, in nano-USD.
const CASES: readonly Case[] = [
  ["input and output", base, { inputTokens: 1_000n, outputTokens: 500n }, 6_000_000n],
  ["one input token", base, { inputTokens: 1n }, 2_000n],
  ["a million of each", base, { inputTokens: 1_000_000n, outputTokens: 1_000_000n }, 10_000_000_000n],
  ["nothing reported", base, {}, 0n],
  ["zero reported", base, { inputTokens: 0n, outputTokens: 0n }, 0n],
  ["cached input at its own rate", base, { inputTokens: 100n, cachedInputTokens: 900n }, 650_000n],
  ["cached input without a rate at the input rate", bare, { cachedInputTokens: 900n }, 1_800_000n],
  ["reasoning is part of the output", base, { outputTokens: 500n, reasoningTokens: 400n }, 4_000_000n],
  ["a five-minute write", writer, { inputTokens: 10n, cacheWrite5mTokens: 1_000n }, 3_780_000n],
  ["a one-hour write", writer, { cacheWrite1hTokens: 1_000n }, 6_000_000n],
  [
    "all text classes",
    writer,
    {
      inputTokens: 7n,
      cachedInputTokens: 11n,
      cacheWrite5mTokens: 13n,
      cacheWrite1hTokens: 17n,
      outputTokens: 19n,
    },
    21_000n + 3_300n + 48_750n + 102_000n + 285_000n,
  ],
  ["a one-hour write without a rate at the input rate", bare, { cacheWrite1hTokens: 500n }, 1_000_000n],
  ["audio", rich, { inputAudioTokens: 100n, outputAudioTokens: 10n }, 4_800_000n],
  ["images", rich, { images: 2n }, 80_000_000n],
  ["server tools", rich, { serverToolCalls: { web_search: 3n } }, 30_000_000n],
  ["server tools not called need no rate", base, { inputTokens: 1n, serverToolCalls: { other: 0n } }, 2_000n],
  ["a fraction is rounded up", tiny, { inputTokens: 1n }, 1n],
  ["rounding happens once, not per class", tiny, { inputTokens: 400_000n, outputTokens: 200_000n }, 1n],
  ["an exact amount is not rounded", tiny, { inputTokens: 1_000_000n }, 1n],
  ["just above an exact amount", tiny, { inputTokens: 1_000_001n }, 2n],
  ["at the long-context threshold", long, { inputTokens: 1_000n, outputTokens: 10n }, 2_080_000n],
  ["above the long-context threshold", long, { inputTokens: 1_001n, outputTokens: 10n }, 4_124_000n],
  ["cached tokens count towards the threshold", long, { inputTokens: 1n, cachedInputTokens: 1_000n }, 1_004_000n],
  ["above the second threshold", long, { inputTokens: 5_001n, outputTokens: 10n }, 30_186_000n],
  ["reasoning at a rate of its own", thinker, { outputTokens: 500n, reasoningTokens: 400n }, 2_000_000n],
  [
    "images in and out, and a fee",
    others,
    { inputTokens: 10n, inputImageTokens: 100n, outputImageTokens: 1_000n },
    46_050_000n,
  ],
  ["a search, and a fee", others, { searches: 3n }, 11_000_000n],
  ["a second and a half, and a fee", others, { audioMs: 1_500n }, 5_150_000n],
  ["characters, and a fee", others, { characters: 200n }, 8_000_000n],
  ["a flat price ignores usage", flatPriceOf(77n), { inputTokens: 9_000n }, 77n],
  ["more than 2^53", base, { inputTokens: 900_000_000_000n, outputTokens: 999_999_999_999n }, 9_799_999_999_992_000n],
];

for (const [name, price, usage, nanousd] of CASES) {
  test(`cost of ${name}`, () => assert.equal(cost(Usage.fromPartial(usage), price), nanousd));
}

test("the processing tier the provider used decides the rates; one without rates never costs less than it should", () => {
  const usage = Usage.fromPartial({ inputTokens: 1_000n, outputTokens: 100n });
  assert.equal(cost(usage, tiered), 2_800_000n);
  assert.equal(cost(usage, tiered, "default"), 2_800_000n);
  assert.equal(cost(usage, tiered, "flex"), 1_400_000n);
  assert.equal(cost(usage, tiered, "priority"), 5_600_000n);
  assert.equal(cost(usage, tiered, "batch"), 2_800_000n);
  assert.throws(() => cost(usage, tiered, "fast"), refused("model_unpriced"));
  assert.equal(cost(usage, base, "fast"), 2_800_000n);
});

test("milliseconds of audio are rounded once, with everything else", () => {
  const price: Price = { ...base, rates: { audioSecond: 1n, input: 1n } };
  assert.equal(cost(Usage.fromPartial({ audioMs: 1n }), price), 1n);
  assert.equal(cost(Usage.fromPartial({ audioMs: 999_999_000n, inputTokens: 1n }), price), 1n);
  assert.equal(cost(Usage.fromPartial({ audioMs: 999_999_001n, inputTokens: 1n }), price), 2n);
});

const refused = (code: string) => (error: unknown) => error instanceof SluiceError && error.code === code;

test("a class in use without a rate is unpriced, never free", () => {
  const audio = Usage.fromPartial({ inputTokens: 5n, inputAudioTokens: 1n });
  assert.throws(() => cost(audio, base), refused("model_unpriced"));
  assert.throws(() => cost(Usage.fromPartial({ images: 1n }), base), refused("model_unpriced"));
  assert.throws(
    () => cost(Usage.fromPartial({ serverToolCalls: { code_interpreter: 1n } }), rich),
    refused("model_unpriced"),
  );
});

test("negative and absurd usage is refused", () => {
  assert.throws(() => cost(Usage.fromPartial({ inputTokens: -1n }), base), refused("invalid_request"));
  assert.throws(() => cost(Usage.fromPartial({ outputTokens: 2n ** 62n }), base), refused("invalid_request"));
  assert.throws(() => cost(Usage.fromPartial({ serverToolCalls: { a: -1n } }), base), refused("invalid_request"));
});
