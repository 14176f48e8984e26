import assert from "node:assert/strict";
import { test } from "node:test";
import { newId, timeOfId } from "./index.ts";

test("an id gives back the millisecond it was made in", () => {
  for (const now of [0, 1, 31, 32, 1_795_374_000_123, Date.now(), 32 ** 9 - 1]) {
    assert.equal(timeOfId("req", newId("req", now)), now);
  }
});

test("what is no id of the kind has no time", () => {
  const id = newId("req");
  for (const text of ["", "req_", id.slice(0, -1), `${id}0`, `${id}\n`, id.replace("req", "att"), id.toUpperCase()]) {
    assert.equal(timeOfId("req", text), undefined, text);
  }
  for (const letter of ["i", "l", "o", "u", "-", " ", "é"]) {
    assert.equal(timeOfId("req", id.slice(0, -1) + letter), undefined, letter);
  }
});
