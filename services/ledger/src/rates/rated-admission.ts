import type { Logger } from "@sluice/platform/log";
import type { HoldRequest, HoldResponse, PreviewResponse } from "@sluice/proto/ledger/v1/ledger_service";
import type { AccountRef } from "../accounts.ts";
import { checkHoldRequest } from "../holds/check-request.ts";
import { chainOf } from "../holds/hold-terms.ts";
import { isOpenSlice } from "../holds/slice.ts";
import type { HoldStore } from "../holds/types.ts";
import type { LedgerMetrics } from "../ledger-metrics.ts";
import type { Need } from "./minute.ts";
import type { RateAnswer, RateKeeper } from "./rate-keeper.ts";
import { rateRefusal } from "./rate-refusal.ts";

export interface RatedAdmissionOptions {
  readonly rates: RateKeeper;
  readonly store: Pick<HoldStore, "find">;
  readonly metrics: LedgerMetrics;
  readonly log: Logger;
  readonly ttlMaxMs: number;
  readonly now: () => number;
  /** Decides about the hold itself. */
  readonly hold: (request: HoldRequest) => Promise<HoldResponse>;
}

/** Asks the minute before the budgets: what fits into both is admitted, and what the budgets refuse is given back to the minute. */
export class RatedAdmission {
  readonly #options: RatedAdmissionOptions;

  constructor(options: RatedAdmissionOptions) {
    this.#options = options;
  }

  /** @throws what the admission behind it throws */
  async hold(request: HoldRequest): Promise<HoldResponse> {
    const { rates, hold } = this.#options;
    return rates.limits(request.tenantId) ? await this.#rated(request) : await hold(request);
  }

  /** What `hold` would answer to a request, of which `preview` tells the budgets' part; nothing is taken. @throws what that throws */
  async preview(
    request: HoldRequest,
    preview: (request: HoldRequest) => Promise<PreviewResponse>,
  ): Promise<PreviewResponse> {
    const { rates, now } = this.#options;
    const response = await preview(request);
    if (!rates.limits(request.tenantId)) return response;
    const accounts = await this.#chainOf(request);
    const answer = await rates.look({ tenant: request.tenantId, accounts, need: needOf(request), at: now() });
    // The minute is asked first.
    return answer?.kind === "refused" ? { ...response, refused: rateRefusal(answer) } : response;
  }

  async #rated(request: HoldRequest): Promise<HoldResponse> {
    const { rates, metrics, now, hold, ttlMaxMs } = this.#options;
    const takenAt = now();
    checkHoldRequest(request, { ttlMaxMs, now: takenAt });
    const { tenantId: tenant } = request;
    const accounts = await this.#chainOf(request);
    const need = needOf(request);
    const answer = await rates.take({ tenant, accounts, need, at: takenAt });
    if (answer?.kind === "refused") {
      metrics.refused.rate_limited.add();
      return { outcome: { $case: "refused", value: rateRefusal(answer) } };
    }
    const giveBack = (less: Need) => this.#giveBack({ tenant, accounts, change: less, takenAt });
    let response: HoldResponse;
    try {
      response = await hold(request);
    } catch (error) {
      await giveBack({ requests: -need.requests, tokens: -need.tokens });
      throw error;
    }
    const unused = unusedOf(response, request, need);
    await giveBack(unused);
    return answer === undefined ? response : withState(response, answer);
  }

  /** The accounts the request is charged to; the parents of a session's slice are known by the slice alone. */
  async #chainOf(request: HoldRequest): Promise<readonly AccountRef[]> {
    const { tenantId: tenant, sliceId: id } = request;
    if (id === "") return chainOf(request, undefined);
    const slice = (await this.#options.store.find([{ tenant, id }])).get(id);
    return chainOf(request, slice !== undefined && isOpenSlice(slice) ? slice : undefined);
  }

  /** A minute that cannot be corrected counts too much for a minute; nobody is refused for good. */
  async #giveBack(correction: Parameters<RateKeeper["correct"]>[0][number]): Promise<void> {
    try {
      await this.#options.rates.correct([correction]);
    } catch (err) {
      this.#options.log.warn({ err, tenant_id: correction.tenant }, "rate not given back");
    }
  }
}

function needOf(request: HoldRequest): Need {
  return { requests: request.firstAttempt ? 1 : 0, tokens: tokensOf(request, request.outputTokenBound) };
}

/** As its end counts them: sound that is read or spoken has tokens too. */
function tokensOf({ inputTokenBound, n, units }: HoldRequest, outputBound: bigint): number {
  const sound = (units?.inputAudioTokens ?? 0n) + (units?.outputAudioTokens ?? 0n);
  return Number((inputTokenBound + outputBound) * BigInt(n) + sound);
}

/** What the admission did not use of what was taken: all of it when it refused, a part when budgets lowered the answer's bound. */
function unusedOf({ outcome }: HoldResponse, request: HoldRequest, need: Need): Need {
  if (outcome?.$case !== "granted") return { requests: -need.requests, tokens: -need.tokens };
  return { requests: 0, tokens: tokensOf(request, outcome.value.outputTokenBound) - need.tokens };
}

function withState({ outcome }: HoldResponse, { state }: RateAnswer): HoldResponse {
  if (outcome?.$case === "granted") return { outcome: { $case: "granted", value: { ...outcome.value, rate: state } } };
  if (outcome?.$case === "refused") return { outcome: { $case: "refused", value: { ...outcome.value, rate: state } } };
  return { outcome };
}
