import type { Bus } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import type { Implementation } from "@sluice/platform/rpc";
import { Usage } from "@sluice/proto/common/v1/usage";
import type {
  LedgerServiceDefinition,
  PostingsRequest,
  PostingsResponse,
  QuoteRequest,
  QuoteResponse,
  RenewRequest,
  RenewResponse,
  ReportRequest,
  ReportResponse,
  ShrinkRequest,
  ShrinkResponse,
  StatusResponse,
  VoidRequest,
  VoidResponse,
} from "@sluice/proto/ledger/v1/ledger_service";
import { postingOf, reportRowOf } from "./answers.ts";
import { balance } from "./budgets/balance.ts";
import { setBudget } from "./budgets/set-budget.ts";
import { setTimeZone } from "./budgets/set-time-zone.ts";
import type { LedgerConfig } from "./config.ts";
import type { Gate } from "./gate.ts";
import type { Admission } from "./holds/admission.ts";
import { checkLife, checkName } from "./holds/check-request.ts";
import type { HoldStore } from "./holds/types.ts";
import type { LedgerMetrics } from "./ledger-metrics.ts";
import type { Catalogue } from "./prices/catalogue.ts";
import { cost } from "./prices/cost.ts";
import type { SelfCheck } from "./self-check.ts";
import type { Budgets } from "./store/budgets.ts";
import { endedEvent } from "./store/events.ts";
import type { LedgerReader } from "./store/reader.ts";
import type { StoredTimeZones } from "./store/time-zones.ts";
import type { Turns } from "./turns.ts";

export interface ServiceOptions {
  readonly admission: Admission;
  readonly store: HoldStore;
  readonly reader: LedgerReader;
  readonly budgets: Budgets;
  readonly timeZones: StoredTimeZones;
  readonly turns: Turns;
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
  const { admission, gate } = options;
  return {
    hold: (request) => gate.pass(() => admission.hold(request)),
    renew: (request) => gate.pass(() => renew(options, request), true),
    shrink: (request) => gate.pass(() => shrink(options, request), true),
    void: (request) => gate.pass(() => voidHold(options, request), true),
    setBudget: (request) => gate.pass(() => setBudget(options, request)),
    balance: (request) => gate.pass(() => balance(options, request), true),
    setTimeZone: (request) => gate.pass(() => setTimeZone(options, request)),
    report: (request) => gate.pass(() => report(options, request), true),
    postings: (request) => gate.pass(() => postings(options, request), true),
    quote: async (request) => quote(options, request),
    status: () => gate.pass(() => status(options), true),
  };
}

async function renew({ store, config, now }: ServiceOptions, request: RenewRequest): Promise<RenewResponse> {
  checkName(request.tenantId, request.holdId);
  checkLife(request.ttlMs, config.hold_ttl_max_ms);
  const expiresAt = now() + Number(request.ttlMs);
  const renewed = await store.renew({ tenant: request.tenantId, id: request.holdId }, expiresAt);
  return { live: renewed !== undefined, expiresAtMs: BigInt(renewed ?? 0) };
}

async function shrink({ store }: ServiceOptions, request: ShrinkRequest): Promise<ShrinkResponse> {
  checkName(request.tenantId, request.holdId);
  if (request.keepNanousd < 0n) throw new SluiceError("invalid_request", "keep_nanousd is negative.");
  const held = await store.shrink({ tenant: request.tenantId, id: request.holdId }, request.keepNanousd);
  return { live: held !== undefined, heldNanousd: held ?? 0n };
}

async function voidHold({ store, bus, metrics, now }: ServiceOptions, request: VoidRequest): Promise<VoidResponse> {
  const { tenantId: tenant, holdId } = request;
  checkName(tenant, holdId);
  const at = now();
  const voided = await store.void({ tenant, id: holdId }, at);
  if (!voided) return { voided };
  metrics.voided.add();
  // A repeated call publishes again, so that a failure here is made good by it.
  await bus.publish(endedEvent({ holdId, tenant, ending: "void", at, reason: request.reason.slice(0, 200) }));
  return { voided };
}

async function report({ reader, now }: ServiceOptions, request: ReportRequest): Promise<ReportResponse> {
  const end = request.toMs === 0n ? BigInt(now()) + 1n : request.toMs;
  const lines = await reader.report(request.tenantId === "" ? undefined : request.tenantId, request.fromMs, end);
  return { rows: lines.map(reportRowOf) };
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

async function status({ selfCheck, store, catalogue, reader }: ServiceOptions): Promise<StatusResponse> {
  const [result, openHolds, totals] = await Promise.all([selfCheck.run(), store.openHolds(), reader.totals()]);
  return {
    consumerLag: result.lag === undefined ? undefined : BigInt(result.lag),
    openHolds: BigInt(openHolds),
    balanced: result.balanced,
    differingAccounts: BigInt(result.differing),
    pricedModels: BigInt(catalogue.modelCount),
    overruns: totals.overruns,
    postings: totals.postings,
  };
}
