import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { RULES } from "./tidy/rules.ts";
import { readCheckout } from "./tidy/sources.ts";

// The places of a breach are in its message; those in this file say nothing.
Error.stackTraceLimit = 0;

const sources = readCheckout(resolve(import.meta.dirname, ".."));

test("the checkout is read and parsed", () => {
  const parsed = sources.filter((source) => source.facts !== undefined);
  assert.ok(parsed.length > 50, `only ${parsed.length} TypeScript files were parsed`);
});

for (const rule of RULES) {
  test(rule.name, () => {
    const problems = rule.check(sources);
    if (problems.length > 0) throw new Error(`${rule.remedy}\n  ${problems.join("\n  ")}`);
  });
}
