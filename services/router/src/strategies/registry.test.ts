import assert from "node:assert/strict";
import { test } from "node:test";
import { STRATEGIES } from "./registry.ts";

const candidates = [
  { provider: "a", model: "one", weight: 3 },
  { provider: "b", model: "two", weight: 1 },
];
const never = () => assert.fail("no chance is involved");

test("pinned keeps only the first candidate", () => {
  assert.deepEqual(STRATEGIES.pinned.order(candidates, never), [{ candidate: candidates[0], propensity: 1 }]);
  assert.deepEqual(STRATEGIES.pinned.order([], never), []);
});

test("priority keeps the order and puts all propensity on the first", () => {
  assert.deepEqual(
    STRATEGIES.priority.order(candidates, never).map(({ propensity }) => propensity),
    [1, 0],
  );
});

test("weighted puts each candidate first as often as its weight says, and says so", () => {
  let state = 1;
  const random = () => {
    // Park and Miller's generator: the same numbers in every run.
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  let first = 0;
  const rounds = 4_000;
  for (let round = 0; round < rounds; round++) {
    const ordered = STRATEGIES.weighted.order(candidates, random);
    assert.equal(ordered.length, 2);
    if (ordered[0]?.candidate === candidates[0]) first++;
    assert.deepEqual(ordered.map(({ propensity }) => propensity).sort(), [0.25, 0.75]);
  }
  assert.ok(Math.abs(first / rounds - 0.75) < 0.03, `${first} of ${rounds}`);
});

test("every strategy is registered under its own name", () => {
  for (const [name, strategy] of Object.entries(STRATEGIES)) assert.equal(strategy.name, name);
});
