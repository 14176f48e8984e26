import type { Bus } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import { HoldPlaced } from "@sluice/proto/events/v1/ledger_events";
import { type HoldRequest, HoldResponse, RefusalReason } from "@sluice/proto/ledger/v1/ledger_service";
import { accountToProto, amountToProto, chainFromProto } from "../accounts.ts";
import type { LedgerConfig } from "../config.ts";
import type { LedgerMetrics } from "../ledger-metrics.ts";
import { type Bounds, payableOutput, pricesText, worstCase } from "../prices/bounds.ts";
import { type Catalogue, flatPriceOf } from "../prices/catalogue.ts";
import { checkAmount } from "../prices/cost.ts";
import type { Price } from "../prices/price.ts";
import { endedEvent } from "../store/events.ts";
import { checkHoldRequest } from "./check-request.ts";
import { fingerprint } from "./fingerprint.ts";
import { refusalOf } from "./refusal.ts";
import type { Hold, HoldStore, HoldTerms, Placement, Shortfall } from "./types.ts";

export interface AdmissionOptions {
  readonly store: HoldStore;
  readonly catalogue: Catalogue;
  readonly bus: Bus;
  readonly config: LedgerConfig;
  readonly metrics: LedgerMetrics;
  readonly now: () => number;
}

/** Decides about holds: prices the worst case, asks the store, lowers the output bound where the caller allows it. */
export class Admission {
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * Reserves an attempt's worst case. A granted hold is durable, and known to the streams, before this resolves.
   * @throws invalid_request, conflict (same id, other content), overloaded, unavailable
   */
  async hold(request: HoldRequest): Promise<HoldResponse> {
    checkHoldRequest(request, this.#options.config.hold_ttl_max_ms);
    const price = this.#priceOf(request);
    if (price === undefined) return this.#unpriced(request);
    const bounds = boundsOf(request);
    const smallest = request.outputTokenMinimum > 0n ? request.outputTokenMinimum : bounds.outputTokens;
    let output = bounds.outputTokens;
    for (;;) {
      const terms = this.#terms(request, { ...bounds, outputTokens: output }, price);
      const placement = await this.#options.store.place(terms);
      const { outcome } = placement;
      if (outcome.kind === "conflict") throw new SluiceError("conflict", outcome.reason);
      if (outcome.kind === "granted") return await this.#granted(request, outcome, placement);
      await placement.durable;
      if (output <= smallest) return this.#refused(outcome.shortfalls);
      output = nextOutput({ ...bounds, outputTokens: output }, price, outcome.shortfalls, smallest);
    }
  }

  #priceOf(request: HoldRequest): Price | undefined {
    const { catalogue, config, now } = this.#options;
    const at = request.startedAtMs > 0n ? Number(request.startedAtMs) : now();
    const price = catalogue.at(request.priceId, at, request.tenantId);
    if (price !== undefined && pricesText(price, request.serviceTier)) return price;
    if (config.unpriced === "deny") return undefined;
    return flatPriceOf(BigInt(config.flat_hold_nanousd));
  }

  #terms(request: HoldRequest, bounds: Bounds, price: Price): HoldTerms {
    const now = this.#options.now();
    const amounts = worstCase(bounds, price);
    checkAmount(amounts.nanousd);
    return {
      id: request.attemptId,
      tenant: request.tenantId,
      requestId: request.requestId,
      accounts: chainFromProto(request.accounts),
      amounts,
      provider: request.provider,
      model: request.model,
      priceId: request.priceId,
      priceVersion: price.id,
      fingerprint: fingerprintOf(request),
      placedAt: now,
      expiresAt: now + Number(request.ttlMs),
    };
  }

  async #granted(
    request: HoldRequest,
    { hold, repeated }: { readonly hold: Hold; readonly repeated: boolean },
    { durable }: Placement,
  ): Promise<HoldResponse> {
    const { bus, store, metrics, now } = this.#options;
    // Both commits run at the same time; the caller hears of the hold after both.
    const published = bus.publish(placedEvent(hold));
    const [kept, told] = await Promise.allSettled([durable, published]);
    // A repeated question takes nothing back: the hold it asks about was granted before.
    if (repeated && kept.status === "rejected") throw kept.reason;
    if (repeated && told.status === "rejected") throw told.reason;
    if (kept.status === "rejected") {
      const { id: holdId, tenant } = hold;
      const ending = endedEvent({ holdId, tenant, ending: "void", at: now(), reason: "The hold could not be kept." });
      if (told.status === "fulfilled") await bus.publish(ending);
      throw kept.reason;
    }
    if (told.status === "rejected") {
      await store.void(hold, now());
      throw told.reason;
    }
    metrics.placed.add();
    const granted = {
      holdId: hold.id,
      heldNanousd: hold.amounts.nanousd,
      priceVersion: hold.priceVersion,
      expiresAtMs: BigInt(hold.expiresAt),
      outputTokenBound: hold.amounts.outputTokens / BigInt(request.n),
    };
    return { outcome: { $case: "granted", value: granted } };
  }

  #refused(shortfalls: readonly Shortfall[]): HoldResponse {
    const { config, metrics } = this.#options;
    const refusal = refusalOf(shortfalls, config.held_retry_after_ms);
    const exhausted = refusal.reason === RefusalReason.REFUSAL_REASON_BUDGET_EXHAUSTED;
    metrics.refused[exhausted ? "exhausted" : "held"].add();
    return { outcome: { $case: "refused", value: refusal } };
  }

  #unpriced(request: HoldRequest): HoldResponse {
    this.#options.metrics.refused.unpriced.add();
    const message = `Model "${request.priceId}" has no price, and models without a price are denied.`;
    return HoldResponse.fromPartial({
      outcome: { $case: "refused", value: { reason: RefusalReason.REFUSAL_REASON_UNPRICED, message } },
    });
  }
}

function boundsOf(request: HoldRequest): Bounds {
  return {
    inputTokens: request.inputTokenBound,
    outputTokens: request.outputTokenBound,
    answers: BigInt(request.n),
    serviceTier: request.serviceTier,
  };
}

/** The output bound to try next: what the rooms pay for, else the smallest acceptable one, whose refusal is the final word. */
function nextOutput(bounds: Bounds, price: Price, shortfalls: readonly Shortfall[], smallest: bigint): bigint {
  const rooms = shortfalls.map(({ unit, limit, spent, held }) => ({ unit, room: limit - spent - held }));
  const payable = payableOutput(bounds, price, rooms);
  // Always lower than before, so that the attempts to place come to an end.
  const lower = payable < bounds.outputTokens ? payable : bounds.outputTokens - 1n;
  return lower > smallest ? lower : smallest;
}

function fingerprintOf(request: HoldRequest): string {
  const { requestId, priceId, provider, model, inputTokenBound, outputTokenBound, outputTokenMinimum } = request;
  const accounts = request.accounts.map(({ kind, id }) => `${kind}:${id}`);
  const numbers = [inputTokenBound, outputTokenBound, outputTokenMinimum, request.n, request.startedAtMs];
  return fingerprint([requestId, priceId, provider, model, ...numbers, ...accounts].join("\n"));
}

function placedEvent(hold: Hold) {
  const { amounts } = hold;
  const payload = HoldPlaced.fromPartial({
    holdId: hold.id,
    requestId: hold.requestId,
    tenantId: hold.tenant,
    accounts: hold.accounts.map(accountToProto),
    amounts: [
      amountToProto("nanousd", amounts.nanousd),
      amountToProto("input_tokens", amounts.inputTokens),
      amountToProto("output_tokens", amounts.outputTokens),
    ],
    priceVersion: hold.priceVersion,
    provider: hold.provider,
    model: hold.model,
    placedAtMs: BigInt(hold.placedAt),
    expiresAtMs: BigInt(hold.expiresAt),
    priceId: hold.priceId,
  });
  const id = `${hold.id}.placed`;
  return { type: "hold.placed", id, tenant: hold.tenant, payload, priority: "admission" } as const;
}
