import assert from "node:assert/strict";
import { test } from "node:test";
import { withTimeLimit } from "./time-limit.ts";

test("work that ends in time gives its value, and what it throws is thrown", () => {
  assert.deepEqual(
    withTimeLimit(1000, () => 4),
    { done: true, value: 4 },
  );
  assert.throws(() => withTimeLimit(1000, () => JSON.parse("{")), SyntaxError);
});

test("endless work is broken off, also inside a regular expression, and the next one is not disturbed", () => {
  const endless = () => {
    for (;;);
  };
  assert.deepEqual(withTimeLimit(5, endless), { done: false });
  const greedy = () => /^(a+)+$/.test(`${"a".repeat(60)}b`);
  assert.deepEqual(withTimeLimit(5, greedy), { done: false });
  assert.deepEqual(
    withTimeLimit(1000, () => "fine"),
    { done: true, value: "fine" },
  );
});
