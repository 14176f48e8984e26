import { type Check, type Opinion, PASS } from "./check.ts";

/** Fails answers in which the provider reports its own failure under status 200. */
export const inBandError: Check = {
  name: "in-band-error",
  judge: ({ answer }): Opinion => {
    if (answer.error !== undefined) {
      return { decision: "fail", score: 1, detail: `the provider reported ${answer.error.code} inside the answer` };
    }
    return PASS;
  },
};
