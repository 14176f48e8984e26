import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readUsage, wireUsage } from "./wire.ts";

const value = fc.oneof(
  fc.constantFrom(undefined, null, 0, 12, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, "12", true, [], {}),
  fc.nat(),
);
const record = (names: readonly string[], more: Record<string, fc.Arbitrary<unknown>> = {}) =>
  fc.record(
    { ...Object.fromEntries(names.map((name) => [name, value])), ...more },
    {
      requiredKeys: [],
      noNullPrototype: true,
    },
  );
const details = record(["cached_tokens", "cache_write_tokens", "audio_tokens", "reasoning_tokens", "other"]);
const usage = record(["prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens", "reasoning_tokens", "x"], {
  prompt_tokens_details: fc.oneof(details, value),
  completion_tokens_details: fc.oneof(details, value),
});

test("a usage object is read as its schema reads it", () => {
  fc.assert(
    fc.property(fc.oneof(usage, value), (wire) => {
      const parsed = wireUsage.safeParse(wire);
      const expected: unknown = parsed.success ? parsed.data : undefined;
      // A field that is absent and one that is undefined are the same to whoever reads it.
      assert.equal(JSON.stringify(sorted(readUsage(wire))), JSON.stringify(sorted(expected)));
    }),
    { numRuns: 3_000 },
  );
});

function sorted(object: unknown): unknown {
  if (typeof object !== "object" || object === null || Array.isArray(object)) return object;
  return Object.fromEntries(
    Object.entries(object)
      .map(([name, inner]) => [name, sorted(inner)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
