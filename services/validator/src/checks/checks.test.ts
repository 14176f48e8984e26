import assert from "node:assert/strict";
import { test } from "node:test";
import { FinishReason, ToolCall } from "@sluice/proto/chat/v1/chat";
import { ErrorDetail } from "@sluice/proto/common/v1/error_detail";
import { Answer, Phase } from "@sluice/proto/validator/v1/validator_service";
import { empty } from "./empty.ts";
import { inBandError } from "./in-band-error.ts";

const final = (answer: Partial<Answer>) => ({ answer: Answer.fromPartial(answer), phase: Phase.PHASE_FINAL });
const window = (answer: Partial<Answer>) => ({ answer: Answer.fromPartial(answer), phase: Phase.PHASE_WINDOW });

for (const [name, answer] of Object.entries({
  "no content": {},
  "white space": { text: " \n\t\u3000" },
  "invisible characters": { text: "\u200b\u2060\ufeff" },
  "only thinking": { reasoning: "Let me think." },
  "nothing left by a filter": { finishReason: FinishReason.FINISH_REASON_CONTENT_FILTER },
})) {
  test(`empty fails an answer with ${name}, and waits for more in the window`, () => {
    assert.equal(empty.judge(final(answer)).decision, "fail");
    assert.equal(empty.judge(window(answer)).decision, "undecided");
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
    assert.equal(empty.judge(final(answer)).decision, "pass");
    assert.equal(empty.judge(window(answer)).decision, "pass");
  });
}

test("in-band-error fails an error inside the answer and a finish by error, and nothing else", () => {
  const error = ErrorDetail.fromPartial({ code: "upstream_overloaded" });
  assert.equal(inBandError.judge(final({ text: "x", error })).decision, "fail");
  assert.equal(
    inBandError.judge(final({ text: "x", finishReason: FinishReason.FINISH_REASON_ERROR })).decision,
    "fail",
  );
  assert.equal(inBandError.judge(final({ text: "x", finishReason: FinishReason.FINISH_REASON_STOP })).decision, "pass");
});
