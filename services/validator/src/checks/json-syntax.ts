import { Phase } from "@sluice/proto/validator/v1/validator_service";
import { readingOf, speaksText, wantsJson } from "../json/wanted-json.ts";
import { type Check, fail, type Opinion, PASS, undecided } from "./check.ts";

/**
 * Holds an answer to the JSON that the caller asked for. Strict JSON passes; a whole document with faults around it or in its form is
 * repaired where the route allows; one that is cut off, absent or empty fails, for nothing may be made up.
 */
export const jsonSyntax: Check = {
  name: "json-syntax",
  judge: ({ answer, phase, chat, allowRepair }): Opinion => {
    if (!wantsJson(chat) || !speaksText(answer)) return PASS;
    if (phase !== Phase.PHASE_FINAL) return undecided("the JSON is not complete yet");
    const reading = readingOf(answer);
    switch (reading.kind) {
      case "strict":
        return PASS;
      case "repaired":
        return allowRepair
          ? { decision: "repair", score: 0.5, detail: reading.how, repaired: reading.text }
          : fail(`not strict JSON: ${reading.how}`);
      default:
        return fail(reading.why);
    }
  },
};
