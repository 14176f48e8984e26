import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import { Usage } from "@sluice/proto/common/v1/usage";
import { worstCase } from "./bounds.ts";
import { cost } from "./cost.ts";
import type { Price, Rates } from "./price.ts";

const priceOf = (rates: Rates): Price => ({ priceId: "a/b", id: "a/b@1", validFrom: 0, rates });
const bounds = { inputTokens: 0n, outputTokens: 0n, answers: 1n };

test("units beside text are held at their rates, as they are charged", () => {
  const cases: readonly (readonly [Partial<Usage>, Rates])[] = [
    [{ images: 3n }, { image: 40_000_000_000_000n }],
    [{ searches: 2n }, { search: 2_000_000_000_000n }],
    [{ characters: 41n }, { character: 15_000_000_000n }],
    [{ audioMs: 2_000n }, { audioSecond: 100_000_000_000n }],
    [{ inputAudioTokens: 10n }, { audioInput: 6_000_000_000n }],
    [{ outputAudioTokens: 10n }, { audioOutput: 12_000_000_000n }],
  ];
  for (const [amounts, rates] of cases) {
    const units = Usage.fromPartial(amounts);
    const held = worstCase({ ...bounds, units }, priceOf(rates));
    assert.equal(held.nanousd, cost(units, priceOf(rates)), Object.keys(amounts).join());
  }
});

test("a part of a second is held as a whole one", () => {
  const price = priceOf({ audioSecond: 1_000_000n });
  assert.equal(worstCase({ ...bounds, units: Usage.fromPartial({ audioMs: 1_001n }) }, price).nanousd, 2n);
});

test("what a price has no rate for has no worst case, instead of one of nothing", () => {
  const refused = (run: () => unknown): boolean => {
    try {
      run();
      return false;
    } catch (error) {
      return SluiceError.from(error).code === "model_unpriced";
    }
  };
  const none = Usage.create();
  assert.ok(refused(() => worstCase({ ...bounds, units: Usage.fromPartial({ images: 1n }) }, priceOf({ input: 1n }))));
  assert.ok(refused(() => worstCase({ ...bounds, inputTokens: 1n, units: none }, priceOf({ image: 1n }))));
  assert.ok(refused(() => worstCase({ ...bounds, outputTokens: 1n, units: none }, priceOf({ input: 1n }))));
  assert.ok(!refused(() => worstCase({ ...bounds, inputTokens: 1n, units: none }, priceOf({ input: 0n }))));
});
