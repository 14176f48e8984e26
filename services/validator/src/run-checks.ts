import type { Logger } from "@sluice/platform/log";
import type { ChatRequest } from "@sluice/proto/chat/v1/chat";
import {
  type Answer,
  Decision,
  type Phase,
  Phase as Phases,
  type Reason,
} from "@sluice/proto/validator/v1/validator_service";
import { type Check, type CheckInput, type Opinion, PASS } from "./checks/check.ts";

export interface RunInput {
  readonly checks: readonly Check[];
  readonly answers: readonly Answer[];
  readonly phase: Phase;
  /** Formats and tools of the request; absent if the caller did not say. */
  readonly chat: ChatRequest | undefined;
  /** True if the route allows a repaired answer; only a single choice can be repaired. */
  readonly allowRepair: boolean;
  readonly deadlineMs: number;
  /** Monotonic clock in milliseconds. */
  readonly clock: () => number;
  readonly log: Logger;
}

export interface Verdict {
  readonly decision: Decision;
  /** What is not simply good: a check that passes and has nothing to say is not listed. */
  readonly reasons: readonly Reason[];
  /** The whole text after the repair; empty if it needs none. */
  readonly repairedText: string;
  readonly micros: number;
}

const DECISIONS = {
  pass: Decision.DECISION_PASS,
  repair: Decision.DECISION_REPAIR,
  fail: Decision.DECISION_FAIL,
  undecided: Decision.DECISION_UNDECIDED,
  skipped: Decision.DECISION_UNSPECIFIED,
} as const;
const RANK = { pass: 0, skipped: 1, undecided: 2, repair: 3, fail: 4 } as const;

/**
 * Runs all checks over all choices. One failing choice fails the answer, one that needs repair makes it a repair. A check that has not
 * begun by the deadline, or that breaks, is recorded as skipped, never guessed. Outside the window an undecided check counts as a pass.
 */
export function runChecks(input: RunInput): Verdict {
  const startedAt = input.clock();
  const inputs = input.answers.map((answer) => inputOf(answer, input));
  const reasons: Reason[] = [];
  let repairedText = "";
  let worst: keyof typeof RANK = "pass";
  for (const check of input.checks) {
    const begun = input.clock();
    if (begun - startedAt >= input.deadlineMs) {
      reasons.push(skippedReason(check, "no time left"));
      continue;
    }
    const opinion = judgeAll(check, inputs, input.log);
    if (opinion === PASS) continue;
    repairedText = opinion.repaired ?? repairedText;
    if (RANK[opinion.decision] > RANK[worst]) worst = opinion.decision;
    reasons.push(reasonOf(check, opinion, Math.round((input.clock() - begun) * 1000)));
  }
  const decision = decisionOf(worst, input.phase);
  if (decision !== Decision.DECISION_REPAIR) repairedText = "";
  return { decision, reasons, repairedText, micros: Math.round((input.clock() - startedAt) * 1000) };
}

function inputOf(answer: Answer, { answers, phase, chat, allowRepair }: RunInput): CheckInput {
  return { answer, phase, chat, allowRepair: allowRepair && answers.length === 1 };
}

/** The worst opinion over all choices. */
function judgeAll(check: Check, inputs: readonly CheckInput[], log: Logger): Opinion {
  let worst = PASS;
  try {
    for (const input of inputs) {
      const opinion = check.judge(input);
      if (isWorse(opinion, worst)) worst = opinion;
    }
    return worst;
  } catch (error) {
    log.error({ err: error, check: check.name }, "check broke");
    return { decision: "skipped", score: 0, detail: "the check broke" };
  }
}

function isWorse(opinion: Opinion, than: Opinion): boolean {
  const difference = RANK[opinion.decision] - RANK[than.decision];
  return difference > 0 || (difference === 0 && opinion.score > than.score);
}

function reasonOf(check: Check, { decision, score, detail }: Opinion, micros: number): Reason {
  if (decision === "skipped") return skippedReason(check, detail);
  return { check: check.name, decision: DECISIONS[decision], score, detail, skipped: false, micros: BigInt(micros) };
}

function skippedReason(check: Check, detail: string): Reason {
  return { check: check.name, decision: Decision.DECISION_UNSPECIFIED, score: 0, detail, skipped: true, micros: 0n };
}

function decisionOf(worst: keyof typeof RANK, phase: Phase): Decision {
  if (worst === "skipped") return Decision.DECISION_PASS;
  if (worst === "undecided" && phase !== Phases.PHASE_WINDOW) return Decision.DECISION_PASS;
  return DECISIONS[worst];
}
