import assert from "node:assert/strict";
import { test } from "node:test";
import { STRATEGIES } from "./registry.ts";

const candidates = [
  { provider: "a", model: "one" },
  { provider: "b", model: "two" },
];

test("pinned keeps only the first candidate", () => {
  assert.deepEqual(STRATEGIES.pinned.order(candidates), [{ provider: "a", model: "one", propensity: 1 }]);
  assert.deepEqual(STRATEGIES.pinned.order([]), []);
});

test("priority keeps the order and puts all propensity on the first", () => {
  assert.deepEqual(
    STRATEGIES.priority.order(candidates).map((candidate) => candidate.propensity),
    [1, 0],
  );
});

test("every strategy is registered under its own name", () => {
  for (const [name, strategy] of Object.entries(STRATEGIES)) assert.equal(strategy.name, name);
});
