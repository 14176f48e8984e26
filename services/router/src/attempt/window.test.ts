import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatChunk } from "@sluice/proto/chat/v1/chat";
import { finish, text } from "../testing/fakes.ts";
import { Window } from "./window.ts";

const limits = { minTokens: 3, maxTokens: 6, maxMs: 1000 };
const reasoning = ChatChunk.fromPartial({ event: { $case: "reasoning", value: { text: "hm" } } });

test("the window asks for a judgement once enough content is there, not for thinking or lifecycle", () => {
  const window = new Window(limits, () => 0);
  window.add([ChatChunk.fromPartial({ event: { $case: "start", value: {} } }), reasoning, reasoning, reasoning]);
  assert.equal(window.due, false);
  window.add([text("a"), text("b")]);
  assert.equal(window.due, false);
  window.add([text("c")]);
  assert.equal(window.due, true);
});

test("after an undecided judgement it waits for twice the content, or until it is full", () => {
  const window = new Window(limits, () => 0);
  window.add([text("a"), text("b"), text("c")]);
  window.judged();
  window.add([text("d")]);
  assert.equal(window.due, false);
  window.add([text("e"), text("f")]);
  assert.equal(window.due, true);
  assert.equal(window.full, true);
});

test("the clock runs from the first chunk that is more than lifecycle, and stops at the finish", () => {
  let now = 0;
  const window = new Window(limits, () => now);
  window.add([ChatChunk.fromPartial({ event: { $case: "start", value: {} } })]);
  assert.equal(window.msLeft, undefined);
  now = 500;
  window.add([reasoning]);
  now = 700;
  assert.equal(window.msLeft, 800);
  now = 2000;
  assert.equal(window.msLeft, 0);
  window.add([finish]);
  assert.equal(window.msLeft, undefined);
  assert.equal(window.due, false);
  assert.equal(window.release().length, 3);
  assert.equal(window.release().length, 0);
});
