import assert from "node:assert/strict";
import { test } from "node:test";
import { compileAllowedModels } from "./allowed-models.ts";

const cases: readonly (readonly [patterns: readonly string[], model: string, allowed: boolean])[] = [
  [[], "anything", true],
  [["a/b"], "a/b", true],
  [["a/b"], "a/bc", false],
  [["a/*"], "a/b/c", true],
  [["a/*"], "b/a/", false],
  [["*mini*"], "gpt-mini-1", true],
  [["*-mini"], "gpt-mini-1", false],
  [["a*a"], "a", false],
  [["a*b*c"], "a-b-c", true],
  [["a*b*c"], "a-c-b", false],
  [["*"], "", true],
  [["a.c"], "abc", false],
];

for (const [patterns, model, allowed] of cases) {
  test(`[${patterns.join(", ")}] ${allowed ? "allows" : "forbids"} "${model}"`, () => {
    assert.equal(compileAllowedModels(patterns)(model), allowed);
  });
}

test("a pattern of many stars takes no time on a long name", () => {
  const allows = compileAllowedModels([`${"*a".repeat(500)}*b`]);
  assert.equal(allows("a".repeat(100_000)), false);
});
