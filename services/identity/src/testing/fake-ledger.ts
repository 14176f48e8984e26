import type { SluiceError } from "@sluice/platform/errors";
import type { Client } from "@sluice/platform/rpc";
import { Unit } from "@sluice/proto/common/v1/money";
import {
  type Adjustment,
  AdjustResponse,
  type BalanceRequest,
  BalanceResponse,
  CloseSliceResponse,
  ExportResponse,
  type HoldRequest,
  HoldResponse,
  type LedgerServiceDefinition,
  type OpenSliceRequest,
  OpenSliceResponse,
  type Posting,
  PostingsResponse,
  PreviewResponse,
  QuoteResponse,
  RateLimitsResponse,
  RefusalReason,
  RenewResponse,
  ReportResponse,
  type RerateRequest,
  RerateResponse,
  type SetBudgetRequest,
  SetBudgetResponse,
  type SetRateLimitRequest,
  SetRateLimitResponse,
  type SetTimeZoneRequest,
  SetTimeZoneResponse,
  ShrinkResponse,
  StatusResponse,
  type UsageReportRequest,
  UsageReportResponse,
  UsageReportRow,
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
  /** What it has of each provider, by name. */
  readonly booked = new Map<string, UsageReportRow[]>();
  /** Compensating entries it was sent, each once. */
  readonly adjustments: Adjustment[] = [];
  /** Thrown by every call while set. */
  down: SluiceError | undefined;
  /** True makes it grant every hold: a ledger whose limits do not bite. */
  careless = false;
  /** What the next slices are refused with; undefined grants them. */
  sliceRefusal: RefusalReason | undefined;
  /** Awaited before a slice is opened. */
  beforeSlice: (() => Promise<void>) | undefined;
  readonly voided: string[] = [];
  /** What it exports. */
  postings: Posting[] = [];
  readonly reratings: RerateRequest[] = [];

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
      openSlice: async (request) => {
        await this.beforeSlice?.();
        return this.#answer(() => this.#openSlice(request));
      },
      closeSlice: async ({ sessionId }) => this.#answer(() => this.#closeSlice(sessionId)),
      usageReport: async (request) => this.#answer(() => this.#usageReport(request)),
      adjust: async ({ adjustments }) => this.#answer(() => this.#adjust(adjustments)),
      rerate: async (request) => this.#answer(() => this.#rerate(request)),
      export: () => this.#export(),
    };
  }

  #answer<T>(make: () => T): T {
    if (this.down !== undefined) throw this.down;
    return make();
  }

  #usageReport({ provider, fromMs, toMs }: UsageReportRequest): UsageReportResponse {
    const rows = (this.booked.get(provider) ?? []).filter(({ day }) => {
      const at = BigInt(Date.parse(day));
      return at >= fromMs && at < toMs;
    });
    return UsageReportResponse.create({ rows });
  }

  #adjust(adjustments: readonly Adjustment[]): AdjustResponse {
    const fresh = adjustments.filter(({ id }) => !this.adjustments.some((known) => known.id === id));
    for (const { provider, model, atMs, amountNanousd, usage } of fresh) {
      const day = new Date(Number(atMs)).toISOString().slice(0, 10);
      const row = UsageReportRow.create({
        day,
        model,
        costNanousd: amountNanousd,
        adjustments: 1n,
        ...(usage && { usage }),
      });
      this.booked.set(provider, [...(this.booked.get(provider) ?? []), row]);
    }
    this.adjustments.push(...fresh);
    return AdjustResponse.create({ posted: fresh.map(({ id }) => id) });
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

  async *#export(): AsyncGenerator<ExportResponse, void> {
    if (this.down !== undefined) throw this.down;
    const total = BigInt(this.postings.length);
    yield ExportResponse.create({ total });
    for (const posting of this.postings) yield { postings: [posting], total };
  }

  #rerate(request: RerateRequest): RerateResponse {
    this.reratings.push(request);
    return RerateResponse.create({ rows: [RERATED], posted: request.post ? 2n : 0n, leftOut: 1n });
  }

  #closeSlice(sessionId: string): CloseSliceResponse {
    this.closings.push(sessionId);
    this.slices.delete(sessionId);
    return CloseSliceResponse.create();
  }
}

const RERATED = {
  fromVersion: "sim/small@1",
  toVersion: "sim/small@2",
  attempts: 2n,
  beforeNanousd: 1_000n,
  afterNanousd: 900n,
};

const REPORT_ROW = {
  provider: "sim",
  model: "small",
  attempts: 3n,
  costNanousd: 1_250_000_001n,
  inputTokens: 30n,
  outputTokens: 9_007_199_254_740_993n,
  group: ["sim", "small"],
  requests: 3n,
  succeeded: 2n,
};
