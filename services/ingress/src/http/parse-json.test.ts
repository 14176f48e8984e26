import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isDeeperThan } from "./json-depth.ts";
import { findJsonFault } from "./json-fault.ts";
import { parseJson } from "./parse-json.ts";

/** The plain way to count, to compare with. */
function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test("the depth found over the bytes is the depth of the value", () => {
  fc.assert(
    fc.property(fc.json({ depthSize: "large" }), fc.string({ maxLength: 200 }), fc.nat(6), (json, noise, limit) => {
      const text = `{"pad":${JSON.stringify(`${noise}\\"[{`.repeat(3))},"value":${json}}`;
      assert.equal(
        isDeeperThan(Buffer.from(text), limit),
        depthOf(JSON.parse(text)) > limit && text.length > 2 * limit,
      );
    }),
    { numRuns: 500 },
  );
});

test("a text of escaped quotes is walked once", () => {
  const text = `{"a":"${'\\"'.repeat(500_000)}${"\\\\".repeat(500_000)}","b":${"[".repeat(200)}${"]".repeat(200)}}`;
  assert.equal(isDeeperThan(Buffer.from(text), 128), true);
});

test("a fault is found where one character was damaged", () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), (json, at) => {
      const position = at % json.length;
      const broken = `${json.slice(0, position)}\u0001${json.slice(position)}`;
      assert.throws(() => JSON.parse(broken));
      // Inside a word, a number or an escape it is told where that begins.
      const back = position - findJsonFault(broken).offset;
      assert.ok(back >= 0 && back <= 5, `${back} characters before the damage`);
    }),
    { numRuns: 500 },
  );
});

test("a fault is found in whatever JSON.parse refuses", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:0-1.eE \n\\tfnu') }), (text) => {
      try {
        JSON.parse(text);
      } catch {
        const { offset, line, column } = findJsonFault(text);
        assert.ok(offset <= text.length && line >= 1 && column >= 1);
        // What stands before the fault can still become JSON; with the fault's character it cannot.
        assert.throws(() => JSON.parse(text.slice(0, offset + 1)));
      }
    }),
    { numRuns: 2_000 },
  );
});

test("a long string in broken JSON does not exhaust the stack", () => {
  const text = `{"a":"${"x\\n".repeat(2_000_000)}", b}`;
  assert.equal(findJsonFault(text).offset, text.length - 2);
});

test("a byte order mark is no fault", () => {
  assert.deepEqual(parseJson(Buffer.from('\ufeff{"a":1}'), 128), { a: 1 });
});
