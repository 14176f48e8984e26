import assert from "node:assert/strict";
import { test } from "node:test";
import { Ratio } from "./ratio.ts";

/** Park and Miller's generator: the same numbers in every run. */
function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Ratios around a middle as tokenizers have them: many close, a few far. */
function ratios(middle: number, seed: number): () => number {
  const random = randoms(seed);
  return () => middle * Math.exp((random() + random() + random() - 1.5) * 0.08);
}

test("few observations change the bound only upwards, and by no more than what was seen", () => {
  const ratio = new Ratio();
  for (let seen = 0; seen < 100; seen++) ratio.observe(0.5);
  assert.equal(ratio.upper, 1);
  ratio.observe(1.3);
  assert.ok(ratio.upper >= 1.3 && ratio.upper < 1.36, `${ratio.upper}`);
});

test("many observations bring the bound close, and fewer than one in ten thousand lie above it", () => {
  const ratio = new Ratio();
  const next = ratios(0.7, 1);
  for (let seen = 0; seen < 20_000; seen++) ratio.observe(next());
  let missed = 0;
  const later = ratios(0.7, 2);
  for (let seen = 0; seen < 50_000; seen++) if (later() > ratio.upper) missed++;
  assert.ok(missed <= 5, `${missed} of 50,000 missed`);
  assert.ok(ratio.upper < 0.7 * 1.2, `${ratio.upper}`);
  assert.ok(Math.abs(ratio.quantile(0.5) - 0.7) < 0.02, `${ratio.quantile(0.5)}`);
});

test("on the way there the bound narrows step by step, without a miss that was foreseeable", () => {
  const ratio = new Ratio();
  const next = ratios(0.8, 3);
  let missed = 0;
  let before = 1;
  for (let seen = 1; seen <= 10_000; seen++) {
    const one = next();
    if (one > ratio.upper) missed++;
    ratio.observe(one);
    if (seen % 2_500 === 0) {
      assert.ok(ratio.upper <= before, `${ratio.upper} after ${seen}`);
      before = ratio.upper;
    }
  }
  assert.equal(missed, 0);
});

test("a tokenizer that changes is followed: upwards at once, downwards as what was fades", () => {
  const ratio = new Ratio();
  const old = ratios(0.7, 4);
  for (let seen = 0; seen < 30_000; seen++) ratio.observe(old());
  const finer = ratios(1.1, 5);
  for (let seen = 0; seen < 10; seen++) ratio.observe(finer());
  assert.ok(ratio.upper > 1, `${ratio.upper}`);
  for (let seen = 0; seen < 1_000_000; seen++) ratio.observe(old());
  assert.ok(ratio.upper < 0.9, `${ratio.upper}`);
});

test("what was learnt is the same after it was stored, and nonsense is bounded", () => {
  const ratio = new Ratio();
  const next = ratios(0.9, 6);
  for (let seen = 0; seen < 12_000; seen++) ratio.observe(next());
  const restored = Ratio.restore(JSON.parse(JSON.stringify(ratio.store())));
  assert.equal(restored.upper, ratio.upper);
  assert.equal(restored.seen, 12_000);
  for (const wild of [0, -1, 1e300, Number.MIN_VALUE]) ratio.observe(wild);
  assert.ok(Number.isFinite(ratio.upper) && ratio.upper > 0);
});
