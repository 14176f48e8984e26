import { type SluiceError, toFactDetail } from "@sluice/platform/errors";
import { AttemptFinished } from "@sluice/proto/events/v1/attempt_events";
import { DecisionMade } from "@sluice/proto/events/v1/decision_events";
import { Level } from "@sluice/proto/validator/v1/validator_service";
import type { OrderedCandidate } from "../strategies/strategy.ts";
import type { Attempt, EngineDependencies, RoutedRequest } from "./types.ts";

export const LEVEL_NAMES: Readonly<Record<number, string>> = {
  [Level.LEVEL_OFF]: "off",
  [Level.LEVEL_OBSERVE]: "observe",
  [Level.LEVEL_GUARD]: "guard",
  [Level.LEVEL_STRICT]: "strict",
};

export interface FinishedAttempt {
  readonly attempt: Attempt;
  readonly outcome: "delivered" | "failed" | "rejected" | "cancelled";
  readonly committed: boolean;
  readonly verdict: string;
  readonly error?: SluiceError | undefined;
  readonly firstContentAt?: number | undefined;
  readonly finishReason: string;
  readonly last: boolean;
}

/**
 * Publishes what the router decided before its first attempt. Resolves when the decision is durable: nothing is tried that no stream
 * knows of. @throws overloaded while the outbox is full
 */
export function reportDecision(
  dependencies: EngineDependencies,
  request: RoutedRequest,
  decision: { readonly strategy: string; readonly ordered: readonly OrderedCandidate[] },
): Promise<void> {
  const { context, chat } = request;
  const payload = DecisionMade.fromPartial({
    decisionId: context.requestId,
    requestId: context.requestId,
    tenantId: context.tenantId,
    keyId: context.keyId,
    requestedModel: chat.model,
    strategy: decision.strategy,
    candidates: decision.ordered.map(({ provider, model, propensity }) => ({ provider, model, propensity })),
    stream: chat.stream,
    validationLevel: LEVEL_NAMES[request.level] ?? "",
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
    last: finished.last,
  });
  const id = `${attempt.id}.finished`;
  try {
    await dependencies.bus.publish({ type: "attempt.finished", id, tenant: request.context.tenantId, payload });
  } catch (error) {
    dependencies.log.error({ err: error, event: "attempt.finished", event_id: id }, "fact not published");
  }
}
