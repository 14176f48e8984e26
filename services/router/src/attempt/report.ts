import { type SluiceError, toFactDetail } from "@sluice/platform/errors";
import { AttemptFinished } from "@sluice/proto/events/v1/attempt_events";
import { type Candidate, DecisionMade } from "@sluice/proto/events/v1/decision_events";
import { Level } from "@sluice/proto/validator/v1/validator_service";
import type { RoutePlan } from "../plan/plan-request.ts";
import type { FollowUp } from "./course.ts";
import type { AttemptPlace } from "./place-hold.ts";
import type { EngineDependencies, RoutedRequest } from "./types.ts";

export const LEVEL_NAMES: Readonly<Record<number, string>> = {
  [Level.LEVEL_OFF]: "off",
  [Level.LEVEL_OBSERVE]: "observe",
  [Level.LEVEL_GUARD]: "guard",
  [Level.LEVEL_STRICT]: "strict",
};

export interface FinishedAttempt {
  readonly attempt: AttemptPlace;
  readonly outcome: "delivered" | "failed" | "rejected" | "cancelled" | "refused";
  readonly committed: boolean;
  readonly verdict: string;
  readonly error?: SluiceError | undefined;
  readonly firstContentAt?: number | undefined;
  readonly finishReason: string;
  /** What follows a failure; undefined after a delivered or cancelled answer. */
  readonly followUp: FollowUp | undefined;
}

/**
 * Publishes what the router decided before its first attempt. Resolves when the decision is durable: nothing is tried that no stream
 * knows of. @throws overloaded while the outbox is full
 */
export function reportDecision(
  dependencies: EngineDependencies,
  request: RoutedRequest,
  plan: RoutePlan,
): Promise<void> {
  const { context, chat } = request;
  const payload = DecisionMade.fromPartial({
    decisionId: context.requestId,
    requestId: context.requestId,
    tenantId: context.tenantId,
    keyId: context.keyId,
    requestedModel: chat.model,
    strategy: plan.strategy,
    candidates: candidatesOf(plan),
    route: plan.settings.route,
    attemptsMax: plan.attemptsMax,
    stream: chat.stream,
    validationLevel: LEVEL_NAMES[request.level] ?? "",
    requestKind: request.task?.task?.$case ?? "",
    decidedAtMs: BigInt(dependencies.now()),
  });
  return dependencies.bus.publish({
    type: "decision.made",
    id: context.requestId,
    tenant: context.tenantId,
    payload,
    priority: "admission",
  });
}

/**
 * Publishes what the caller got from an attempt; resolves when that is durable. The caller has everything by then, so a refusal by the
 * outbox cannot be told to anybody: it is logged.
 */
export async function reportFinished(
  dependencies: EngineDependencies,
  request: RoutedRequest,
  finished: FinishedAttempt,
): Promise<void> {
  const { attempt } = finished;
  const now = dependencies.now();
  const payload = AttemptFinished.fromPartial({
    attemptId: attempt.id,
    requestId: request.context.requestId,
    tenantId: request.context.tenantId,
    provider: attempt.candidate.provider,
    model: attempt.candidate.model,
    ordinal: attempt.ordinal,
    outcome: finished.outcome,
    committed: finished.committed,
    verdict: finished.verdict,
    error: finished.error === undefined ? undefined : toFactDetail(finished.error),
    firstContentMs:
      finished.firstContentAt === undefined ? undefined : BigInt(finished.firstContentAt - attempt.startedAt),
    durationMs: BigInt(now - attempt.startedAt),
    finishedAtMs: BigInt(now),
    finishReason: finished.finishReason,
    last: finished.followUp === undefined || finished.followUp.next === "stop",
    next: finished.followUp?.next ?? "done",
    nextReason: finished.followUp?.reason ?? "",
    backoffMs: BigInt(finished.followUp?.backoffMs ?? 0),
  });
  const id = `${attempt.id}.finished`;
  try {
    await dependencies.bus.publish({ type: "attempt.finished", id, tenant: request.context.tenantId, payload });
  } catch (error) {
    dependencies.log.error({ err: error, event: "attempt.finished", event_id: id }, "fact not published");
  }
}

/** The candidates in order, then those left out; one that is only tried last appears once, in its place, with the reason. */
function candidatesOf({ ordered, excluded }: RoutePlan): Candidate[] {
  const kept = ordered.map(({ candidate: { provider, model }, propensity }) => {
    const noted = excluded.find((other) => other.provider === provider && other.model === model);
    return { provider, model, propensity, excludedReason: noted?.reason ?? "" };
  });
  const isKept = (out: { provider: string; model: string }) =>
    kept.some(({ provider, model }) => provider === out.provider && model === out.model);
  const out = excluded
    .filter((candidate) => !isKept(candidate))
    .map(({ provider, model, reason }) => ({ provider, model, propensity: 0, excludedReason: reason }));
  return [...kept, ...out];
}
