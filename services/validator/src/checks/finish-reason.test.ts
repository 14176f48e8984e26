import assert from "node:assert/strict";
import { test } from "node:test";
import { FinishReason } from "@sluice/proto/chat/v1/chat";
import { start, whole } from "../testing/inputs.ts";
import { finishReason } from "./finish-reason.ts";

const decide = (reason: FinishReason) => finishReason.judge(whole({ text: "x", finishReason: reason })).decision;

test("finish-reason fails what a filter stopped and what ended with an error", () => {
  assert.equal(decide(FinishReason.FINISH_REASON_CONTENT_FILTER), "fail");
  assert.equal(decide(FinishReason.FINISH_REASON_ERROR), "fail");
});

test("finish-reason passes natural ends, tool calls and a length limit, and an answer that still runs", () => {
  for (const reason of [
    FinishReason.FINISH_REASON_STOP,
    FinishReason.FINISH_REASON_TOOL_CALLS,
    FinishReason.FINISH_REASON_LENGTH,
    FinishReason.FINISH_REASON_UNSPECIFIED,
  ]) {
    assert.equal(decide(reason), "pass");
  }
  assert.equal(finishReason.judge(start({ text: "x" })).decision, "pass");
});

test("a reason that nobody knows yet is remarked upon, but fails no answer", () => {
  const opinion = finishReason.judge(whole({ text: "x", finishReason: FinishReason.FINISH_REASON_OTHER }));
  assert.equal(opinion.decision, "pass");
  assert.ok(opinion.score > 0);
});
