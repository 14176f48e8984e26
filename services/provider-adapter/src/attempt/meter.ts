import { setTimeout as pause } from "node:timers/promises";
import { SluiceError, toFactDetail } from "@sluice/platform/errors";
import { AttemptMetered, AttemptStarted } from "@sluice/proto/events/v1/attempt_events";
import type { AttemptTools, Ending, Plan } from "./types.ts";

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

/** Facts about an attempt that only its run knows. */
export interface RunFacts {
  readonly startedAtMs: number;
  readonly serviceTier: string;
  readonly upstreamRequestId: string;
}

function traced(plan: Plan): { traceparent?: string } {
  return plan.request.traceparent === "" ? {} : { traceparent: plan.request.traceparent };
}

/** Makes `attempt.started` durable; request bytes may leave only after that. @throws overloaded when no more work may begin */
export async function publishStarted(plan: Plan, tools: AttemptTools, startedAtMs: number): Promise<void> {
  const { request } = plan;
  const payload = AttemptStarted.create({
    attemptId: request.attemptId,
    holdId: request.holdId,
    requestId: request.requestId,
    tenantId: request.tenantId,
    provider: request.provider,
    model: request.model,
    ordinal: request.ordinal,
    startedAtMs: BigInt(startedAtMs),
  });
  await tools.bus.publish({
    type: "attempt.started",
    id: request.attemptId,
    tenant: request.tenantId,
    payload,
    priority: "admission",
    ...traced(plan),
  });
}

function meteredOf(plan: Plan, ending: Ending, facts: RunFacts, endedAtMs: number): AttemptMetered {
  const { request } = plan;
  return AttemptMetered.create({
    attemptId: request.attemptId,
    holdId: request.holdId,
    requestId: request.requestId,
    tenantId: request.tenantId,
    provider: request.provider,
    model: request.model,
    priceId: plan.priceId,
    priceVersion: request.priceVersion,
    serviceTier: facts.serviceTier,
    usage: ending.usage,
    usageSource: ending.source,
    ending: ending.ending,
    error: ending.error === undefined ? undefined : toFactDetail(ending.error),
    startedAtMs: BigInt(facts.startedAtMs),
    endedAtMs: BigInt(endedAtMs),
    upstreamRequestId: facts.upstreamRequestId,
  });
}

/**
 * Makes `attempt.metered` durable, trying again while the outbox or the disk is full.
 * @throws the last failure after `meterRetryMs`; the hold's expiry covers the attempt then
 */
export async function publishMetered(plan: Plan, tools: AttemptTools, ending: Ending, facts: RunFacts): Promise<void> {
  const { request } = plan;
  const payload = meteredOf(plan, ending, facts, tools.wallClock());
  const event = {
    type: "attempt.metered",
    id: request.attemptId,
    tenant: request.tenantId,
    payload,
    ...traced(plan),
  } as const;
  const giveUpAt = tools.clock.now() + tools.meterRetryMs;
  for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(LONGEST_PAUSE_MS, wait * 2)) {
    try {
      await tools.bus.publish(event);
      return;
    } catch (thrown) {
      const error = SluiceError.from(thrown);
      const left = giveUpAt - tools.clock.now();
      if (left <= 0) throw error;
      tools.metrics.meterRetries.add();
      await pause(Math.min(wait, left));
    }
  }
}
