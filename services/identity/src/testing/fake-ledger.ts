import type { SluiceError } from "@sluice/platform/errors";
import type { Client } from "@sluice/platform/rpc";
import { Unit } from "@sluice/proto/common/v1/money";
import {
  type Adjustment,
  AdjustResponse,
  type BalanceRequest,
  BalanceResponse,
  CloseSliceResponse,
  type HoldRequest,
  HoldResponse,
  type LedgerServiceDefinition,
  type OpenSliceRequest,
  OpenSliceResponse,
  PostingsResponse,
  PreviewResponse,
  QuoteResponse,
  RateLimitsResponse,
  RefusalReason,
  RenewResponse,
  ReportResponse,
  RerateResponse,
  type SetBudgetRequest,
  SetBudgetResponse,
  type SetRateLimitRequest,
  SetRateLimitResponse,
  type SetTimeZoneRequest,
  SetTimeZoneResponse,
  ShrinkResponse,
  StatusResponse,
  UsageReportResponse,
  VoidResponse,
} from "@sluice/proto/ledger/v1/ledger_service";

const SPENT = 1_250_000_000n;

/** A ledger that knows limits only; every hold is as dear as 1,000 nano-USD. */
export class FakeLedger {
  readonly limits = new Map<string, { request: SetBudgetRequest; limit: bigint }>();
  readonly budgetCalls: SetBudgetRequest[] = [];
  readonly rates = new Map<string, SetRateLimitRequest>();
  readonly zones = new Map<string, string>();
  /** Slices that are open, by session. */
  readonly slices = new Map<string, OpenSliceRequest>();
  /** Sessions whose slices were to be closed. */
  readonly closings: string[] = [];
  /** Compensating entries it was sent. */
  readonly adjustments: Adjustment[] = [];
  /** Thrown by every call while set. */
  down: SluiceError | undefined;
  /** True makes it grant every hold: a ledger whose limits do not bite. */
  careless = false;
  /** What the next slices are refused with; undefined grants them. */
  sliceRefusal: RefusalReason | undefined;
  readonly voided: string[] = [];

  client(): Client<typeof LedgerServiceDefinition> {
    return {
      setBudget: async (request) => this.#answer(() => this.#setBudget(request)),
      balance: async (request) => this.#answer(() => this.#balance(request)),
      hold: async (request) => this.#answer(() => this.#hold(request)),
      void: async (request) => this.#answer(() => this.#void(request.holdId)),
      renew: async () => this.#answer(() => RenewResponse.create()),
      shrink: async () => this.#answer(() => ShrinkResponse.create()),
      quote: async () => this.#answer(() => QuoteResponse.create({ priced: true, costNanousd: 1000n })),
      status: async () =>
        this.#answer(() => StatusResponse.create({ consumerLag: 0n, balanced: true, pricedModels: 2n })),
      report: async () => this.#answer(() => ReportResponse.create({ rows: [REPORT_ROW] })),
      postings: async () => this.#answer(() => PostingsResponse.create({ postings: [] })),
      preview: async () => this.#answer(() => PreviewResponse.create({ priced: true })),
      setRateLimit: async (request) => this.#answer(() => this.#setRateLimit(request)),
      rateLimits: async ({ tenantId }) => this.#answer(() => this.#rateLimits(tenantId)),
      setTimeZone: async (request) => this.#answer(() => this.#setTimeZone(request)),
      openSlice: async (request) => this.#answer(() => this.#openSlice(request)),
      closeSlice: async ({ sessionId }) => this.#answer(() => this.#closeSlice(sessionId)),
      usageReport: async () => this.#answer(() => UsageReportResponse.create()),
      adjust: async ({ adjustments }) =>
        this.#answer(() => {
          this.adjustments.push(...adjustments);
          return AdjustResponse.create({ posted: adjustments.map(({ id }) => id) });
        }),
      rerate: async () => this.#answer(() => RerateResponse.create()),
      export: () => emptyStream(),
    };
  }

  #answer<T>(make: () => T): T {
    if (this.down !== undefined) throw this.down;
    return make();
  }

  #setBudget(request: SetBudgetRequest): SetBudgetResponse {
    this.budgetCalls.push(request);
    const account = request.budget?.account;
    const unit = request.budget?.limit?.unit ?? Unit.UNIT_NANOUSD;
    const window = request.budget?.window ?? "total";
    const soft = request.budget?.soft ?? false;
    const name = `${account?.kind}:${account?.id}:${unit}:${window}:${soft}`;
    const limit = request.budget?.limit?.value ?? 0n;
    if (request.remove) this.limits.delete(name);
    else this.limits.set(name, { request, limit });
    const balance = { tenantId: request.tenantId, unit, window, soft, spent: SPENT, ...(account && { account }) };
    return SetBudgetResponse.create({ balance: request.remove ? balance : { ...balance, limit } });
  }

  #balance({ tenantId, accounts }: BalanceRequest): BalanceResponse {
    const chosen = [...this.limits.values()].filter(({ request }) => tenantId === "" || request.tenantId === tenantId);
    const balances = chosen.map(({ request, limit }) => ({
      ...(request.budget?.account && { account: request.budget.account }),
      tenantId: request.tenantId,
      unit: request.budget?.limit?.unit ?? Unit.UNIT_NANOUSD,
      window: request.budget?.window ?? "total",
      soft: request.budget?.soft ?? false,
      windowEndsAtMs: request.budget?.window === "total" ? 0n : 1_800_000_000_000n,
      limit,
      spent: SPENT,
      held: 5n,
      openHolds: 1n,
      posted: SPENT,
    }));
    const asked = (kind: number | undefined, id: string | undefined) =>
      accounts.length === 0 || accounts.some((account) => account.kind === kind && account.id === id);
    return BalanceResponse.create({ balances: balances.filter(({ account }) => asked(account?.kind, account?.id)) });
  }

  #hold(request: HoldRequest): HoldResponse {
    const [account] = request.accounts;
    const limit = this.limits.get(`${account?.kind}:${account?.id}:${Unit.UNIT_NANOUSD}:total:false`)?.limit;
    if (this.careless || limit === undefined || limit >= 1000n) {
      return HoldResponse.create({ outcome: { $case: "granted", value: { holdId: request.attemptId } } });
    }
    const value = { reason: RefusalReason.REFUSAL_REASON_BUDGET_EXHAUSTED, message: "There is no room." };
    return HoldResponse.create({ outcome: { $case: "refused", value } });
  }

  #void(holdId: string): VoidResponse {
    this.voided.push(holdId);
    return VoidResponse.create({ voided: true });
  }

  #setRateLimit(request: SetRateLimitRequest): SetRateLimitResponse {
    const { limit } = request;
    const name = `${request.tenantId} ${limit?.account?.kind}:${limit?.account?.id}`;
    const removed = limit?.requestsPerMinute === undefined && limit?.tokensPerMinute === undefined;
    if (removed) this.rates.delete(name);
    else this.rates.set(name, request);
    return SetRateLimitResponse.create({ ...(limit && { limit }) });
  }

  #rateLimits(tenantId: string): RateLimitsResponse {
    const chosen = [...this.rates.values()].filter((request) => tenantId === "" || request.tenantId === tenantId);
    return RateLimitsResponse.create({ limits: chosen });
  }

  #setTimeZone({ tenantId, timeZone }: SetTimeZoneRequest): SetTimeZoneResponse {
    this.zones.set(tenantId, timeZone);
    return SetTimeZoneResponse.create();
  }

  #openSlice(request: OpenSliceRequest): OpenSliceResponse {
    const reason = this.sliceRefusal;
    if (reason !== undefined) {
      return OpenSliceResponse.create({ refused: { reason, message: "The key has no room for the slice." } });
    }
    this.slices.set(request.sessionId, request);
    return OpenSliceResponse.create();
  }

  #closeSlice(sessionId: string): CloseSliceResponse {
    this.closings.push(sessionId);
    this.slices.delete(sessionId);
    return CloseSliceResponse.create();
  }
}

async function* emptyStream(): AsyncGenerator<never, void> {
  yield* [];
}

const REPORT_ROW = {
  provider: "sim",
  model: "small",
  attempts: 3n,
  costNanousd: 1_250_000_001n,
  inputTokens: 30n,
  outputTokens: 9_007_199_254_740_993n,
};
