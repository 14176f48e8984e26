import assert from "node:assert/strict";
import { test } from "node:test";
import { FAULTS } from "./faults.ts";
import { parseModelName } from "./model-name.ts";

test("a base and its faults are read with their arguments", () => {
  const parsed = parseModelName("large+cut=5+slow+bill-full");
  assert.ok(typeof parsed !== "string");
  assert.equal(parsed.base, "large");
  assert.deepEqual(
    [...parsed.faults],
    [
      ["cut", 5],
      ["slow", 2_000],
      ["bill-full", 0],
    ],
  );
});

test("what cannot be read is explained, naming what is known", () => {
  const wrong = [
    "gpt",
    "",
    "small+nope",
    "small+",
    "small+cut=x",
    "small+cut=",
    "small+length",
    "small+empty=1",
    "small+malformed=0",
  ];
  for (const name of [...wrong, "small+cut=1=2", "toString", "small+constructor", `small+${"empty+".repeat(60)}`]) {
    assert.equal(typeof parseModelName(name), "string", name);
  }
  assert.match(String(parseModelName("small+nope")), new RegExp(Object.keys(FAULTS).at(-1) ?? "-"));
  assert.match(String(parseModelName("nope")), /small, large, reasoner, exact/);
});
