import type { Bus } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import {
  type HoldRefused,
  type HoldRequest,
  HoldResponse,
  RefusalReason,
} from "@sluice/proto/ledger/v1/ledger_service";
import type { AccountRef } from "../accounts.ts";
import type { LedgerConfig } from "../config.ts";
import type { LedgerMetrics } from "../ledger-metrics.ts";
import type { Catalogue } from "../prices/catalogue.ts";
import type { Price } from "../prices/price.ts";
import { checkHoldRequest } from "./check-request.ts";
import { chainOf, isUnbounded, limitedOf, outputBoundIn, sliceFor, startOf } from "./hold-terms.ts";
import { keepHold } from "./keep-hold.ts";
import { placeLowering, priceFor } from "./lower-bound.ts";
import { refusalOf, sessionEndedOf, softPassedToProto, unboundedOf, unpricedOf } from "./refusal.ts";
import type { HoldStore, Placement, PlaceOutcome } from "./types.ts";
import type { TimeZones } from "./windows.ts";

export interface AdmissionOptions {
  readonly store: HoldStore;
  readonly catalogue: Catalogue;
  readonly zones: TimeZones;
  readonly bus: Bus;
  readonly config: LedgerConfig;
  readonly metrics: LedgerMetrics;
  readonly now: () => number;
}

/** Decides about holds: prices the worst case, asks the store, lowers the output bound where the caller allows it. */
export class Admission {
  readonly #options: AdmissionOptions;
  /** Questions under way by attempt: a repeated one waits for the first, which may take its hold back. */
  readonly #asked = new Map<string, Promise<HoldResponse>>();

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * Reserves an attempt's worst case. A granted hold is durable, and known to the streams, before this resolves.
   * @throws invalid_request, conflict (same id, other content), overloaded, unavailable
   */
  async hold(request: HoldRequest): Promise<HoldResponse> {
    const { config, now } = this.#options;
    checkHoldRequest(request, { ttlMaxMs: config.hold_ttl_max_ms, now: now() });
    const name = `${request.tenantId} ${request.attemptId}`;
    const decide = (): Promise<HoldResponse> => this.#decide(request);
    const answer = this.#asked.get(name)?.then(decide, decide) ?? decide();
    this.#asked.set(name, answer);
    try {
      return await answer;
    } finally {
      if (this.#asked.get(name) === answer) this.#asked.delete(name);
    }
  }

  async #decide(request: HoldRequest): Promise<HoldResponse> {
    const { store, catalogue, config, now } = this.#options;
    const price = priceFor(request, { catalogue, config, at: startOf(request, now()) });
    if (price === undefined) return this.#refuse(unpricedOf(request.priceId));
    const slice = await sliceFor(store, request);
    if (request.sliceId !== "" && slice === undefined) return this.#refuse(sessionEndedOf(request.sliceId));
    const accounts = chainOf(request, slice);
    const views = isUnbounded(request) ? await store.balances(request.tenantId, accounts) : [];
    const limited = limitedOf(views);
    if (limited !== undefined) return this.#refuse(unboundedOf(limited, request.unbounded));
    return await this.#place(request, accounts, price);
  }

  async #place(request: HoldRequest, accounts: readonly AccountRef[], price: Price): Promise<HoldResponse> {
    const { store, now } = this.#options;
    let placement: Placement | undefined;
    const { outcome } = await placeLowering({ request, accounts, price, now }, async (terms) => {
      // A refusal, too, is only true once what it was decided on is durable.
      await placement?.durable;
      placement = await store.place(terms);
      return placement.outcome;
    });
    const durable = placement?.durable ?? Promise.resolve();
    if (outcome.kind === "granted") return await this.#granted(request, outcome, durable);
    await durable;
    if (outcome.kind === "conflict") throw new SluiceError("conflict", outcome.reason);
    if (outcome.kind === "session_ended") return this.#refuse(sessionEndedOf(request.sliceId));
    return this.#full(request, outcome.shortfalls);
  }

  async #granted(
    request: HoldRequest,
    { hold, repeated, softPassed }: Extract<PlaceOutcome, { kind: "granted" }>,
    durable: Promise<void>,
  ): Promise<HoldResponse> {
    await keepHold(this.#options, { hold, repeated, durable });
    this.#options.metrics.placed.add();
    return HoldResponse.fromPartial({
      outcome: {
        $case: "granted",
        value: {
          holdId: hold.id,
          heldNanousd: hold.amounts.nanousd,
          priceVersion: hold.priceVersion,
          expiresAtMs: BigInt(hold.expiresAt),
          outputTokenBound: outputBoundIn(hold.amounts, request),
          softLimitsPassed: softPassed.map(softPassedToProto),
        },
      },
    });
  }

  #full(request: HoldRequest, shortfalls: Extract<PlaceOutcome, { kind: "refused" }>["shortfalls"]): HoldResponse {
    const { config, zones, now } = this.#options;
    const zone = zones.zoneOf(request.tenantId);
    return this.#refuse(refusalOf(shortfalls, { retryAfterMs: config.held_retry_after_ms, now: now(), zone }));
  }

  #refuse(refusal: HoldRefused): HoldResponse {
    this.#options.metrics.refused[REFUSED[refusal.reason] ?? "held"].add();
    return { outcome: { $case: "refused", value: refusal } };
  }
}

const REFUSED: Readonly<Partial<Record<RefusalReason, keyof LedgerMetrics["refused"]>>> = {
  [RefusalReason.REFUSAL_REASON_BUDGET_EXHAUSTED]: "exhausted",
  [RefusalReason.REFUSAL_REASON_BUDGET_HELD]: "held",
  [RefusalReason.REFUSAL_REASON_UNPRICED]: "unpriced",
  [RefusalReason.REFUSAL_REASON_UNBOUNDED]: "unbounded",
  [RefusalReason.REFUSAL_REASON_SESSION_ENDED]: "session_ended",
};
