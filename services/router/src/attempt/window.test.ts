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

test("white space alone neither fills the window nor starts its clock", () => {
  const window = new Window(limits, () => 0);
  window.add(Array.from({ length: 50 }, () => text(" \n")));
  assert.deepEqual([window.due, window.full, window.msLeft], [false, false, undefined]);
  window.add([text("a"), text(" "), text("b"), text("c")]);
  assert.equal(window.due, true);
});

test("a choice that ends early leaves the window to the others", () => {
  const window = new Window({ ...limits, choices: 2 }, () => 0);
  window.add([text("a"), finish, { ...text("b"), choice: 1 }, { ...text("c"), choice: 1 }]);
  assert.equal(window.due, true);
  window.add([{ ...finish, choice: 1 }]);
  assert.equal(window.due, false);
});
