import { type DeliveredEvent, type HandlerOutcome, payloadOf } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import type { Logger } from "@sluice/platform/log";
import type { AttemptMetered } from "@sluice/proto/events/v1/attempt_events";
import { type Amounts, NOTHING } from "../amounts.ts";
import { isHoldId, isTenant } from "../holds/check-request.ts";
import type { Hold, HoldStore } from "../holds/types.ts";
import type { LedgerMetrics } from "../ledger-metrics.ts";
import type { Fact } from "../postings.ts";
import { type Catalogue, requireVersion } from "../prices/catalogue.ts";
import { cost, inputTokensOf, outputTokensOf } from "../prices/cost.ts";
import { clean, tagsText, usageText } from "../store/texts.ts";

export interface MeteredOptions {
  readonly store: HoldStore;
  readonly catalogue: Catalogue;
  readonly metrics: LedgerMetrics;
  readonly log: Logger;
  readonly now: () => number;
}

/** A metered attempt as the books want it, or why it cannot be booked (now, or ever). */
export type Booking =
  | { readonly kind: "fact"; readonly fact: Fact; readonly hold: Hold | undefined }
  | { readonly kind: "outcome"; readonly attemptId: string; readonly outcome: HandlerOutcome };

const PRICE_RETRY_MS = 5_000;
/** No attempt reported today began longer ago. */
const STARTED_BEFORE_MS = 366 * 86_400_000;

/** Turns `attempt.metered` events into facts: finds their holds, and prices their usage by the version the hold names. */
export async function bookMetered(
  options: MeteredOptions,
  events: readonly DeliveredEvent[],
): Promise<readonly Booking[]> {
  if (events.length === 0) return [];
  const metered = events.map((event) => payloadOf(event) as AttemptMetered);
  const named = metered.filter(isNamed).map(({ tenantId, attemptId }) => ({ tenant: tenantId, id: attemptId }));
  const holds = await options.store.find(named);
  return metered.map((each) => {
    const hold = holds.get(each.attemptId);
    return book(options, each, hold?.tenant === each.tenantId ? hold : undefined);
  });
}

function book(options: MeteredOptions, metered: AttemptMetered, hold: Hold | undefined): Booking {
  const { attemptId } = metered;
  const outcome = (value: HandlerOutcome): Booking => ({ kind: "outcome", attemptId, outcome: value });
  if (!isNamed(metered)) return outcome({ kind: "drop", reason: "Its ids are malformed." });
  const version = hold?.priceVersion || metered.priceVersion;
  try {
    const total = chargeOf(options.catalogue, metered, version);
    return { kind: "fact", fact: factOf(options, { metered, hold, version, total }), hold };
  } catch (error) {
    const { code, message } = SluiceError.from(error);
    options.log.error(
      { attempt: attemptId, tenant_id: metered.tenantId, price_version: version, error_code: code, err: error },
      "attempt cannot be priced",
    );
    if (code === "invalid_request") return outcome({ kind: "drop", reason: message });
    return outcome({ kind: "retry", afterMs: PRICE_RETRY_MS, reason: message });
  }
}

/** @throws invalid_request for impossible usage, not_found or model_unpriced if it cannot be priced yet */
function chargeOf(catalogue: Catalogue, metered: AttemptMetered, version: string): Amounts {
  const { usage } = metered;
  if (usage === undefined) return NOTHING;
  const nanousd = cost(usage, requireVersion(catalogue, version), metered.serviceTier);
  return { nanousd, inputTokens: inputTokensOf(usage), outputTokens: outputTokensOf(usage) };
}

interface Priced {
  readonly metered: AttemptMetered;
  readonly hold: Hold | undefined;
  readonly version: string;
  readonly total: Amounts;
}

function factOf(options: MeteredOptions, { metered, hold, version, total }: Priced): Fact {
  const { attemptId, requestId, tenantId: tenant, provider, model, usage, ending } = metered;
  const at = options.now();
  if (hold === undefined) {
    options.metrics.unknownHolds.add();
    options.log.warn({ attempt: attemptId, tenant_id: tenant }, "hold of a metered attempt is not known");
  }
  return {
    attemptId,
    requestId: clean(requestId),
    tenant,
    provider: clean(provider),
    model: clean(model),
    priceId: clean(hold?.priceId || metered.priceId),
    priceVersion: clean(version),
    kind: "metered",
    total,
    billable: usage !== undefined || ending !== "not_sent",
    // Nobody knows the chain any more; the organisation pays for everything of its tenant.
    accounts: hold?.accounts ?? [{ kind: "org", id: tenant }],
    heldNanousd: hold?.amounts.nanousd,
    startedAt: startOf(hold, metered, at),
    usage: usage === undefined ? "" : usageText(usage),
    serviceTier: clean(metered.serviceTier),
    task: clean(hold?.task ?? ""),
    tags: tagsText(hold?.tags ?? {}),
    at,
  };
}

/** When the attempt began: what its hold says, else what the adapter says if that can be, else now. */
function startOf(hold: Hold | undefined, { startedAtMs }: AttemptMetered, now: number): number {
  if (hold !== undefined && hold.startedAt > 0) return hold.startedAt;
  const told = Number(startedAtMs);
  return told > now - STARTED_BEFORE_MS && told <= now ? told : now;
}

function isNamed(metered: AttemptMetered): boolean {
  return isTenant(metered.tenantId) && isHoldId(metered.attemptId);
}
