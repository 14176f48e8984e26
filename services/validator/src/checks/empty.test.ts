import assert from "node:assert/strict";
import { test } from "node:test";
import { FinishReason, ToolCall } from "@sluice/proto/chat/v1/chat";
import { start, whole } from "../testing/inputs.ts";
import { empty } from "./empty.ts";

for (const [name, answer] of Object.entries({
  "no content": {},
  "white space": { text: " \n\t\u3000" },
  "invisible characters": { text: "\u200b\u2060\ufeff" },
  "only thinking": { reasoning: "Let me think." },
  "nothing left by a filter": { finishReason: FinishReason.FINISH_REASON_CONTENT_FILTER },
})) {
  test(`empty fails an answer with ${name}, and waits for more in the window`, () => {
    assert.equal(empty.judge(whole(answer)).decision, "fail");
    assert.equal(empty.judge(start(answer)).decision, "undecided");
  });
}

for (const [name, answer] of Object.entries({
  text: { text: "4" },
  "an emoji": { text: "👍" },
  "a refusal": { refusal: "I cannot help with that." },
  "a tool call": { toolCalls: [ToolCall.fromPartial({ id: "call_1", name: "now" })] },
  audio: { otherContent: true },
})) {
  test(`empty passes an answer with ${name}`, () => {
    assert.equal(empty.judge(whole(answer)).decision, "pass");
    assert.equal(empty.judge(start(answer)).decision, "pass");
  });
}
