import type { Answer, Phase } from "@sluice/proto/validator/v1/validator_service";

/** What a check says about one answer; `undecided` asks for more content and is only meaningful in the window. */
export interface Opinion {
  readonly decision: "pass" | "fail" | "undecided";
  /** Between 0 (good) and 1 (bad). */
  readonly score: number;
  /** What was seen, without quoting the answer. */
  readonly detail: string;
}

export interface CheckInput {
  readonly answer: Answer;
  readonly phase: Phase;
}

/** One check: pure, synchronous, cheap. */
export interface Check {
  readonly name: string;
  judge(input: CheckInput): Opinion;
}

export const PASS: Opinion = { decision: "pass", score: 0, detail: "" };
