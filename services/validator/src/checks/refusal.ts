import { Phase } from "@sluice/proto/validator/v1/validator_service";
import { judgeRefusal } from "../refusal/judge-refusal.ts";
import { type Check, type Opinion, PASS, undecided } from "./check.ts";

const IN_ITS_FIELD: Opinion = { decision: "fail", score: 1, detail: "full refusal, in the field for refusals" };

/**
 * Fails answers that decline what was asked, by rules in twelve languages or by the wire's own field. Only the beginning of the text is
 * looked at, so a text about refusals passes. One that declines and then helps is remarked upon, and passes.
 */
export const refusal: Check = {
  name: "refusal",
  judge: ({ answer, phase }): Opinion => {
    if (answer.refusal !== "") return IN_ITS_FIELD;
    if (answer.text === "" || answer.toolCalls.length > 0) return PASS;
    const { kind, score, language } = judgeRefusal(answer.text, phase === Phase.PHASE_FINAL);
    switch (kind) {
      case "full":
        return { decision: "fail", score, detail: `full refusal (${language})` };
      case "partial":
        return { decision: "pass", score, detail: `partial refusal (${language})` };
      case "unknown":
        return undecided("the beginning may become a refusal");
      default:
        return PASS;
    }
  },
};
