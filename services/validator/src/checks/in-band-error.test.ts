import assert from "node:assert/strict";
import { test } from "node:test";
import { start, whole } from "../testing/inputs.ts";
import { inBandError } from "./in-band-error.ts";

test("in-band-error fails an error inside the answer, at its start and at its end, and nothing else", () => {
  const error = { code: "upstream_overloaded" };
  assert.equal(inBandError.judge(whole({ text: "x", error })).decision, "fail");
  assert.equal(inBandError.judge(start({ error })).decision, "fail");
  assert.equal(inBandError.judge(whole({ text: "x" })).decision, "pass");
});
