import { FinishReason } from "@sluice/proto/chat/v1/chat";
import { Phase } from "@sluice/proto/validator/v1/validator_service";
import { type Check, type Opinion, PASS } from "./check.ts";

const VISIBLE = /[^\s\p{Cf}\p{Cc}]/u;

/**
 * Fails answers with nothing in them: no text, only white space or invisible characters, or only thinking. An answer that a length limit
 * cut before its first visible character counts as empty too; the caller can do nothing with it.
 */
export const empty: Check = {
  name: "empty",
  judge: ({ answer, phase }): Opinion => {
    if (VISIBLE.test(answer.text) || answer.refusal !== "" || answer.toolCalls.length > 0 || answer.otherContent)
      return PASS;
    if (phase !== Phase.PHASE_FINAL) return { decision: "undecided", score: 0.5, detail: "no visible content yet" };
    if (answer.finishReason === FinishReason.FINISH_REASON_CONTENT_FILTER) {
      return { decision: "fail", score: 1, detail: "a content filter left nothing" };
    }
    return { decision: "fail", score: 1, detail: nothing(answer.text, answer.reasoning) };
  },
};

function nothing(text: string, reasoning: string): string {
  if (text !== "") return "only white space";
  return reasoning === "" ? "no content" : "only thinking, no answer";
}
