import assert from "node:assert/strict";
import { test } from "node:test";
import { start, whole } from "../testing/inputs.ts";
import { refusal } from "./refusal.ts";

test("the wire's own field for refusals fails the answer, at its start and at its end", () => {
  const answer = { refusal: "I cannot help with that." };
  assert.equal(refusal.judge(start(answer)).decision, "fail");
  assert.equal(refusal.judge(whole(answer)).score, 1);
});

test("a text that declines fails, one that declines and helps passes with a remark", () => {
  const full = refusal.judge(whole({ text: "I'm sorry, but I can't assist with that." }));
  assert.equal(full.decision, "fail");
  assert.match(full.detail, /^full refusal/);
  const partial = refusal.judge(whole({ text: "I can't give legal advice. However, I can explain the terms." }));
  assert.equal(partial.decision, "pass");
  assert.match(partial.detail, /^partial refusal/);
  assert.ok(partial.score > 0 && partial.score < full.score);
});

test("an ordinary beginning is decided at once, one that may decline is not", () => {
  assert.equal(refusal.judge(start({ text: "The sky is blue because" })).decision, "pass");
  assert.equal(refusal.judge(start({ text: "I'm sorry, but I can't" })).decision, "undecided");
  assert.equal(refusal.judge(whole({ text: "" })).decision, "pass");
});
