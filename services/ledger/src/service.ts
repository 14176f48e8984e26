import type { Bus } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import type { Implementation } from "@sluice/platform/rpc";
import { Usage } from "@sluice/proto/common/v1/usage";
import type {
  HoldRequest,
  LedgerServiceDefinition,
  PostingsRequest,
  PostingsResponse,
  PreviewRequest,
  QuoteRequest,
  QuoteResponse,
  StatusResponse,
} from "@sluice/proto/ledger/v1/ledger_service";
import { postingOf } from "./answers.ts";
import { balance } from "./budgets/balance.ts";
import { setBudget } from "./budgets/set-budget.ts";
import { setTimeZone } from "./budgets/set-time-zone.ts";
import type { LedgerConfig } from "./config.ts";
import { adjust } from "./corrections/adjust.ts";
import type { Corrections } from "./corrections/corrections.ts";
import { rerate } from "./corrections/rerate.ts";
import type { Gate } from "./gate.ts";
import type { Admission } from "./holds/admission.ts";
import { renew, shrink, voidHold } from "./holds/hold-calls.ts";
import type { Admittance } from "./holds/open-store.ts";
import { preview } from "./holds/preview.ts";
import { closeSlice, openSlice } from "./holds/slice-calls.ts";
import type { HoldStore } from "./holds/types.ts";
import type { TimeZones } from "./holds/windows.ts";
import type { LedgerMetrics } from "./ledger-metrics.ts";
import type { Catalogue } from "./prices/catalogue.ts";
import { cost } from "./prices/cost.ts";
import type { RateKeeper } from "./rates/rate-keeper.ts";
import { rateLimits, setRateLimit } from "./rates/rate-service.ts";
import type { RatedAdmission } from "./rates/rated-admission.ts";
import { serveExport, serveReport, serveUsageReport } from "./reports/serve.ts";
import type { SelfCheck } from "./self-check.ts";
import type { Budgets } from "./store/budgets.ts";
import type { LedgerDatabase } from "./store/database.ts";
import type { LedgerReader } from "./store/reader.ts";
import type { StoredTimeZones } from "./store/time-zones.ts";
import type { Turns } from "./turns.ts";

export interface ServiceOptions {
  readonly admission: Admission;
  readonly store: HoldStore;
  /** Whether holds are admitted. */
  readonly admittance: () => Admittance;
  readonly database: LedgerDatabase;
  readonly reader: LedgerReader;
  readonly corrections: Corrections;
  readonly budgets: Budgets;
  readonly timeZones: StoredTimeZones;
  readonly zones: TimeZones;
  readonly turns: Turns;
  readonly rates: RateKeeper;
  readonly rated: RatedAdmission;
  readonly catalogue: Catalogue;
  readonly selfCheck: SelfCheck;
  readonly bus: Bus;
  readonly gate: Gate;
  readonly config: LedgerConfig;
  readonly metrics: LedgerMetrics;
  readonly now: () => number;
}

const POSTINGS_MAX = 10_000;
const POSTINGS_DEFAULT = 1_000;

/** `LedgerService`: translates, and leaves the work to the parts it is given. */
export function ledgerService(options: ServiceOptions): Implementation<typeof LedgerServiceDefinition> {
  const { rated, rates, gate } = options;
  return {
    hold: (request) => gate.pass(() => rated.hold(request)),
    renew: (request) => gate.pass(() => renew(options, request), true),
    shrink: (request) => gate.pass(() => shrink(options, request), true),
    void: (request) => gate.pass(() => voidHold(options, request), true),
    preview: (request) => gate.pass(() => rated.preview(heldRequest(request), (hold) => preview(options, hold))),
    openSlice: (request) => gate.pass(() => openSlice(options, request)),
    closeSlice: (request) => gate.pass(() => closeSlice(options, request), true),
    setBudget: (request) => gate.pass(() => setBudget(options, request)),
    balance: (request) => gate.pass(() => balance(options, request), true),
    setRateLimit: (request) => gate.pass(() => setRateLimit(rates, request)),
    rateLimits: (request) => gate.pass(() => rateLimits(rates, request), true),
    setTimeZone: (request) => gate.pass(() => setTimeZone(options, request)),
    report: (request) => gate.pass(() => serveReport(options, request), true),
    usageReport: (request) => gate.pass(() => serveUsageReport(options, request), true),
    export: (request, { signal }) => serveExport(options, request, signal),
    adjust: (request) => gate.pass(() => adjust(options, request)),
    rerate: (request) => gate.pass(() => rerate(options, request)),
    postings: (request) => gate.pass(() => postings(options, request), true),
    quote: async (request) => quote(options, request),
    status: () => gate.pass(() => status(options), true),
  };
}

/** @throws invalid_request when there is none */
function heldRequest({ hold }: PreviewRequest): HoldRequest {
  if (hold === undefined) throw new SluiceError("invalid_request", "hold is missing: a preview is about one.");
  return hold;
}

async function postings({ reader }: ServiceOptions, request: PostingsRequest): Promise<PostingsResponse> {
  if (request.limit < 0 || request.limit > POSTINGS_MAX) {
    throw new SluiceError("invalid_request", `limit is ${request.limit}; 0 (default) to ${POSTINGS_MAX} are allowed.`);
  }
  const rows = await reader.postings({
    tenant: request.tenantId === "" ? undefined : request.tenantId,
    requestId: request.requestId === "" ? undefined : request.requestId,
    after: request.after,
    most: request.limit === 0 ? POSTINGS_DEFAULT : request.limit,
  });
  return { postings: rows.map(postingOf) };
}

/** @throws invalid_request for impossible usage, model_unpriced for a class without a rate */
function quote({ catalogue, now }: ServiceOptions, request: QuoteRequest): QuoteResponse {
  const at = request.atMs === 0n ? now() : Number(request.atMs);
  const { priceVersion: version, priceId, serviceTier } = request;
  const price = version === "" ? catalogue.at(priceId, at, request.tenantId || undefined) : catalogue.version(version);
  if (price === undefined) return { priced: false, costNanousd: 0n, priceVersion: "" };
  const costNanousd = cost(request.usage ?? Usage.fromPartial({}), price, serviceTier);
  return { priced: true, costNanousd, priceVersion: price.id };
}

async function status(options: ServiceOptions): Promise<StatusResponse> {
  const { selfCheck, store, catalogue, reader } = options;
  const { closedReason, epoch, rebuilds } = options.admittance();
  // Counters that are being rebuilt cannot be compared with anything.
  const isOpen = closedReason === "";
  const checked = isOpen ? selfCheck.run() : { balanced: true, differing: 0, names: [], lag: undefined };
  const [result, openHolds, totals] = await Promise.all([checked, isOpen ? store.openHolds() : 0, reader.totals()]);
  return {
    consumerLag: result.lag === undefined ? undefined : BigInt(result.lag),
    openHolds: BigInt(openHolds),
    balanced: result.balanced,
    differingAccounts: BigInt(result.differing),
    pricedModels: BigInt(catalogue.modelCount),
    overruns: totals.overruns,
    postings: totals.postings,
    closedReason,
    holdEpoch: epoch,
    rebuilds: BigInt(rebuilds),
    differing: [...result.names],
  };
}
