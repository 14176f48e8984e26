import assert from "node:assert/strict";
import { test } from "node:test";
import { fingerprint } from "./fingerprint.ts";

test("equal texts have equal fingerprints, texts that differ somewhere have others", () => {
  const seen = new Map<string, string>();
  for (let number = 0; number < 50_000; number++) {
    const text = `req_${number}\nsim/small\n${number % 7}`;
    const mark = fingerprint(text);
    assert.equal(mark, fingerprint(text));
    assert.equal(seen.get(mark), undefined, text);
    seen.set(mark, text);
  }
  assert.notEqual(fingerprint("ab"), fingerprint("ba"));
  assert.notEqual(fingerprint(""), fingerprint("\u0000"));
});
