import assert from "node:assert/strict";
import { test } from "node:test";
import { FinishReason, ResponseFormatKind } from "@sluice/proto/chat/v1/chat";
import { start, whole } from "../testing/inputs.ts";
import { jsonSyntax } from "./json-syntax.ts";

const chat = { responseFormat: { kind: ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_OBJECT } };

test("json-syntax has nothing to say about free text, tool calls and refusals", () => {
  assert.equal(jsonSyntax.judge(whole({ text: "Hello." })).decision, "pass");
  assert.equal(jsonSyntax.judge(whole({ text: "Hello." }, {})).decision, "pass");
  assert.equal(jsonSyntax.judge(whole({ toolCalls: [{ id: "a", name: "now" }] }, chat)).decision, "pass");
  assert.equal(jsonSyntax.judge(whole({ refusal: "No." }, chat)).decision, "pass");
});

test("json-syntax waits for the end", () => {
  assert.equal(jsonSyntax.judge(start({ text: '{"a": 1}' }, chat)).decision, "undecided");
});

test("strict JSON passes, also when a limit ended the answer just there", () => {
  const finishReason = FinishReason.FINISH_REASON_LENGTH;
  assert.equal(jsonSyntax.judge(whole({ text: '{"a": 1}', finishReason }, chat)).decision, "pass");
});

test("a document with faults of form is repaired where that is allowed, and fails elsewhere", () => {
  const text = '```json\n{"a": 1,}\n```';
  const repaired = jsonSyntax.judge(whole({ text }, chat, true));
  assert.deepEqual([repaired.decision, repaired.repaired], ["repair", '{"a": 1}']);
  assert.equal(jsonSyntax.judge(whole({ text }, chat, false)).decision, "fail");
});

test("what is cut off, absent or empty fails", () => {
  for (const text of ['{"a": "b', "No JSON here.", "", "  "]) {
    assert.equal(jsonSyntax.judge(whole({ text }, chat, true)).decision, "fail", text);
  }
});
