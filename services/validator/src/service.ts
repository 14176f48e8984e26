import type { Bus } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import type { Logger } from "@sluice/platform/log";
import type { Implementation } from "@sluice/platform/rpc";
import type { CheckReason, ResponseValidated } from "@sluice/proto/events/v1/verdict_events";
import {
  type CheckRequest,
  Decision,
  Level,
  Phase,
  type Reason,
  type ValidatorServiceDefinition,
} from "@sluice/proto/validator/v1/validator_service";
import type { Check } from "./checks/check.ts";
import { runChecks, type Verdict } from "./run-checks.ts";

const PHASES: Readonly<Record<number, string>> = {
  [Phase.PHASE_WINDOW]: "window",
  [Phase.PHASE_FLOW]: "flow",
  [Phase.PHASE_FINAL]: "final",
};
const LEVELS: Readonly<Record<number, string>> = {
  [Level.LEVEL_OBSERVE]: "observe",
  [Level.LEVEL_GUARD]: "guard",
  [Level.LEVEL_STRICT]: "strict",
};
const DECISIONS: Readonly<Record<number, string>> = {
  [Decision.DECISION_PASS]: "pass",
  [Decision.DECISION_REPAIR]: "repair",
  [Decision.DECISION_FAIL]: "fail",
};

export interface ValidatorDependencies {
  readonly bus: Pick<Bus, "publish">;
  readonly log: Logger;
  readonly checks: readonly Check[];
  readonly defaultDeadlineMs: number;
  readonly now: () => number;
  readonly clock: () => number;
}

/** Implements the validator's contract: run the checks, publish the verdict, answer. */
export function validatorService(
  dependencies: ValidatorDependencies,
): Implementation<typeof ValidatorServiceDefinition> {
  return {
    check: async (request) => {
      if (PHASES[request.phase] === undefined) {
        throw new SluiceError("invalid_request", "CheckRequest.phase must be window, flow or final.", {
          details: { param: "phase" },
        });
      }
      if (request.level === Level.LEVEL_OFF) return { decision: Decision.DECISION_PASS, reasons: [], repairedText: "" };
      const verdict = runChecks({
        checks: dependencies.checks,
        answers: request.answers,
        phase: request.phase,
        chat: request.chat,
        allowRepair: request.allowRepair,
        deadlineMs: request.deadlineMs > 0 ? request.deadlineMs : dependencies.defaultDeadlineMs,
        clock: dependencies.clock,
        log: dependencies.log,
      });
      if (verdict.decision !== Decision.DECISION_UNDECIDED) publishVerdict(dependencies, request, verdict);
      return { decision: verdict.decision, reasons: [...verdict.reasons], repairedText: verdict.repairedText };
    },
  };
}

/** Off the path: the judgement is acted upon by the caller, the fact follows. */
function publishVerdict(dependencies: ValidatorDependencies, request: CheckRequest, verdict: Verdict): void {
  const phase = PHASES[request.phase] ?? "";
  const id = `${request.attemptId}.${phase}`;
  const payload: ResponseValidated = {
    verdictId: id,
    attemptId: request.attemptId,
    requestId: request.requestId,
    tenantId: request.tenantId,
    provider: request.provider,
    model: request.model,
    phase,
    decision: DECISIONS[verdict.decision] ?? "",
    reasons: verdict.reasons.map(toFact),
    level: LEVELS[request.level] ?? "",
    validatedAtMs: BigInt(dependencies.now()),
    micros: BigInt(verdict.micros),
  };
  dependencies.bus
    .publish({ type: "response.validated", id, tenant: request.tenantId, payload })
    .catch((error: unknown) => {
      dependencies.log.error({ err: error, event_id: id }, "fact not published");
    });
}

function toFact(reason: Reason): CheckReason {
  const decision = reason.skipped ? "skipped" : (DECISIONS[reason.decision] ?? "pass");
  return { check: reason.check, decision, score: reason.score, detail: reason.detail };
}
