import {
  type Bus,
  type ConsumerOptions,
  type DeliveredEvent,
  type HandlerOutcome,
  payloadOf,
} from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import type { Logger } from "@sluice/platform/log";
import { UsageSource } from "@sluice/proto/common/v1/usage";
import { AttemptMetered } from "@sluice/proto/events/v1/attempt_events";
import type { LedgerPosted } from "@sluice/proto/events/v1/ledger_events";
import type { FoundUsage } from "../provider.ts";

export interface LookUpOptions {
  readonly bus: Bus;
  readonly log: Logger;
  readonly now: () => number;
  /** Asks the provider what it billed for an attempt; undefined if that provider cannot be asked. */
  readonly lookUp: (provider: string, attemptId: string) => Promise<FoundUsage | undefined>;
  /** The price catalogue's id of a model. */
  readonly priceIdOf: (provider: string, model: string) => string | undefined;
  /** True while this process runs the attempt: it will be metered by what it did, and its provider has no bill yet. */
  readonly isRunning: (attemptId: string) => boolean;
}

const RETRY_MS = 5000;
/** An attempt may run for many minutes; each look counts as a delivery. */
const RUNNING_RETRY_MS = 60_000;
const BATCH = 20;
/** Nearly all postings need nothing: looked at together they cost less. */
const REST_MS = 200;
const DELIVERIES_MAX = 20;
/** As it stands in the JSON of a posting by estimate. */
const ESTIMATED = '"estimated"';

/**
 * Where an attempt was charged by estimate, because this service died before it could meter it, asks the provider what it billed and
 * publishes the late fact; the ledger then corrects the estimate. Providers that cannot be asked keep the estimate.
 */
export function ledgerPostedConsumer(options: LookUpOptions): ConsumerOptions {
  return {
    stream: "SLUICE_LEDGER",
    durable: "provider-adapter-ledger-posted",
    types: ["ledger.posted"],
    batchSize: BATCH,
    restMs: REST_MS,
    maxDeliveries: DELIVERIES_MAX,
    handle: (batch) => Promise.all(batch.map((event) => correct(event, options))),
  };
}

async function correct(event: DeliveredEvent, options: LookUpOptions): Promise<HandlerOutcome> {
  // Reading each posting would cost more than all else that is done with it, and hardly any is an estimate.
  if (!event.json.includes(ESTIMATED)) return { kind: "done" };
  const posted = payloadOf(event, "ledger.posted");
  if (posted.kind !== "estimated") return { kind: "done" };
  // "No bill" would be taken for "nothing was sent", and what the attempt says at its end would come too late.
  if (options.isRunning(posted.attemptId)) {
    return { kind: "retry", afterMs: RUNNING_RETRY_MS, reason: "The attempt is still running." };
  }
  try {
    const found = await options.lookUp(posted.provider, posted.attemptId);
    if (found !== undefined) await publishFound(posted, found, options);
    return { kind: "done" };
  } catch (error) {
    options.log.warn({ err: error, attempt: posted.attemptId, provider: posted.provider }, "estimate not checked yet");
    return { kind: "retry", afterMs: RETRY_MS, reason: SluiceError.from(error).message };
  }
}

async function publishFound(posted: LedgerPosted, found: FoundUsage, options: LookUpOptions): Promise<void> {
  const { attemptId, tenantId } = posted;
  const payload = AttemptMetered.fromPartial({
    attemptId,
    holdId: attemptId,
    requestId: posted.requestId,
    tenantId,
    provider: posted.provider,
    model: posted.model,
    priceId: options.priceIdOf(posted.provider, posted.model) ?? "",
    priceVersion: posted.priceVersion,
    usage: found.usage,
    usageSource: UsageSource.USAGE_SOURCE_PROVIDER,
    ending: found.usage === undefined ? "not_sent" : "cut",
    endedAtMs: BigInt(options.now()),
  });
  await options.bus.publish({ type: "attempt.metered", id: attemptId, tenant: tenantId, payload });
}
