import type { Logger } from "@sluice/platform/log";
import {
  type Answer,
  Decision,
  type Phase,
  Phase as Phases,
  Reason,
} from "@sluice/proto/validator/v1/validator_service";
import type { Check, Opinion } from "./checks/check.ts";

export interface RunInput {
  readonly checks: readonly Check[];
  readonly answers: readonly Answer[];
  readonly phase: Phase;
  readonly deadlineMs: number;
  /** Monotonic clock in milliseconds. */
  readonly clock: () => number;
  readonly log: Logger;
}

export interface Verdict {
  readonly decision: Decision;
  readonly reasons: readonly Reason[];
  readonly micros: number;
}

const DECISIONS = {
  pass: Decision.DECISION_PASS,
  fail: Decision.DECISION_FAIL,
  undecided: Decision.DECISION_UNDECIDED,
} as const;

/**
 * Runs all checks over all choices. One failing choice fails the answer. A check that has not begun by the deadline, or that breaks, is
 * recorded as skipped, never guessed. Outside the window an undecided check counts as a pass.
 */
export function runChecks(input: RunInput): Verdict {
  const startedAt = input.clock();
  const reasons: Reason[] = [];
  for (const check of input.checks) {
    const begun = input.clock();
    if (begun - startedAt >= input.deadlineMs) {
      reasons.push(Reason.fromPartial({ check: check.name, skipped: true, detail: "no time left" }));
      continue;
    }
    reasons.push(runOne(check, input, begun));
  }
  const decision = combine(reasons, input.phase);
  return { decision, reasons, micros: Math.round((input.clock() - startedAt) * 1000) };
}

function runOne(check: Check, input: RunInput, begun: number): Reason {
  try {
    const worst = worstOf(input.answers.map((answer) => check.judge({ answer, phase: input.phase })));
    return Reason.fromPartial({
      check: check.name,
      decision: DECISIONS[worst.decision],
      score: worst.score,
      detail: worst.detail,
      micros: BigInt(Math.round((input.clock() - begun) * 1000)),
    });
  } catch (error) {
    input.log.error({ err: error, check: check.name }, "check broke");
    return Reason.fromPartial({ check: check.name, skipped: true, detail: "the check broke" });
  }
}

function worstOf(opinions: readonly Opinion[]): Opinion {
  const rank = { pass: 0, undecided: 1, fail: 2 } as const;
  let worst: Opinion = { decision: "pass", score: 0, detail: "" };
  for (const opinion of opinions) if (rank[opinion.decision] > rank[worst.decision]) worst = opinion;
  return worst;
}

function combine(reasons: readonly Reason[], phase: Phase): Decision {
  if (reasons.some((reason) => reason.decision === Decision.DECISION_FAIL)) return Decision.DECISION_FAIL;
  const undecided = reasons.some((reason) => reason.decision === Decision.DECISION_UNDECIDED);
  return undecided && phase === Phases.PHASE_WINDOW ? Decision.DECISION_UNDECIDED : Decision.DECISION_PASS;
}
