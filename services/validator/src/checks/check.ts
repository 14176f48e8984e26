import type { ChatRequest } from "@sluice/proto/chat/v1/chat";
import type { Answer, Phase } from "@sluice/proto/validator/v1/validator_service";

/**
 * What a check says about one answer. `undecided` asks for more content and is only meaningful in the window; `repair` means good
 * after the repair it brings along; `skipped` means that nobody can say.
 */
export interface Opinion {
  readonly decision: "pass" | "repair" | "fail" | "undecided" | "skipped";
  /** Between 0 (good) and 1 (bad). */
  readonly score: number;
  /** What was seen, without quoting the answer. */
  readonly detail: string;
  /** The whole text after the repair; only with `repair`. */
  readonly repaired?: string;
}

export interface CheckInput {
  readonly answer: Answer;
  readonly phase: Phase;
  /** Formats and tools of the request; absent if the caller did not say. */
  readonly chat: ChatRequest | undefined;
  /** True if the route allows a repaired answer. */
  readonly allowRepair: boolean;
}

/** One check: pure, synchronous, cheap. */
export interface Check {
  readonly name: string;
  judge(input: CheckInput): Opinion;
}

export const PASS: Opinion = { decision: "pass", score: 0, detail: "" };

/** A bad answer, beyond doubt. */
export function fail(detail: string): Opinion {
  return { decision: "fail", score: 1, detail };
}

/** More content is needed. */
export function undecided(detail: string): Opinion {
  return { decision: "undecided", score: 0.5, detail };
}

/** Nobody can say. */
export function skipped(detail: string): Opinion {
  return { decision: "skipped", score: 0, detail };
}
