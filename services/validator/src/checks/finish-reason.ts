import { FinishReason } from "@sluice/proto/chat/v1/chat";
import { type Check, fail, type Opinion, PASS } from "./check.ts";

const UNKNOWN: Opinion = { decision: "pass", score: 0.3, detail: "the provider gave a reason that is not known here" };

/**
 * Fails answers that a filter stopped or that the provider ended with an error. A length limit passes: it may be our own, and where the
 * form suffers from it, the checks of the form say so. Providers invent new reasons without notice: an unknown one is no failure as long
 * as there is content, which is for the check of empty answers to say.
 */
export const finishReason: Check = {
  name: "finish-reason",
  judge: ({ answer }): Opinion => {
    switch (answer.finishReason) {
      case FinishReason.FINISH_REASON_CONTENT_FILTER:
        return fail("a content filter stopped the answer");
      case FinishReason.FINISH_REASON_ERROR:
        return fail("the provider ended the answer with an error");
      case FinishReason.FINISH_REASON_OTHER:
        return UNKNOWN;
      default:
        return PASS;
    }
  },
};
