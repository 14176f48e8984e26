import type { Bus } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import type { Implementation } from "@sluice/platform/rpc";
import { Usage } from "@sluice/proto/common/v1/usage";
import { BudgetChanged } from "@sluice/proto/events/v1/control_events";
import type {
  BalanceRequest,
  BalanceResponse,
  LedgerServiceDefinition,
  PostingsRequest,
  PostingsResponse,
  QuoteRequest,
  QuoteResponse,
  RenewRequest,
  RenewResponse,
  ReportRequest,
  ReportResponse,
  SetBudgetRequest,
  SetBudgetResponse,
  ShrinkRequest,
  ShrinkResponse,
  StatusResponse,
  VoidRequest,
  VoidResponse,
} from "@sluice/proto/ledger/v1/ledger_service";
import { accountFromProto, accountToProto, amountToProto, unitFromProto } from "./accounts.ts";
import { balancesOf, postingOf, reportRowOf, unheld, WINDOW } from "./answers.ts";
import type { LedgerConfig } from "./config.ts";
import type { Gate } from "./gate.ts";
import type { Admission } from "./holds/admission.ts";
import { checkLife, checkName, isTenant } from "./holds/check-request.ts";
import type { HoldStore, LimitChange } from "./holds/types.ts";
import type { LedgerMetrics } from "./ledger-metrics.ts";
import type { Catalogue } from "./prices/catalogue.ts";
import { cost } from "./prices/cost.ts";
import type { SelfCheck } from "./self-check.ts";
import type { Budgets } from "./store/budgets.ts";
import { endedEvent, factId } from "./store/events.ts";
import type { LedgerReader } from "./store/reader.ts";

export interface ServiceOptions {
  readonly admission: Admission;
  readonly store: HoldStore;
  readonly reader: LedgerReader;
  readonly budgets: Budgets;
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
const LIMIT_MAX = 2n ** 62n;

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

async function setBudget(options: ServiceOptions, request: SetBudgetRequest): Promise<SetBudgetResponse> {
  const { store, budgets, reader, bus, now } = options;
  const change = changeOf(request);
  // The books first: at the next start they set what the hold store did not get to hear.
  await budgets.save(change);
  await store.setLimits([change]);
  await bus.publish(changedEvent(change, now()));
  const { tenant, account, unit } = change;
  const views = await store.balances(tenant, [account]);
  const charged = await reader.charged(tenant, [account]);
  const all = balancesOf(views.length > 0 ? views : [unheld(change)], charged);
  return { balance: all.find((each) => each.unit === amountToProto(unit, 0n).unit) ?? all[0] };
}

/** @throws invalid_request for a missing or impossible account, unit, limit or window */
function changeOf({ tenantId, budget, remove }: SetBudgetRequest): LimitChange {
  if (!isTenant(tenantId))
    throw new SluiceError("invalid_request", `tenant_id "${tenantId.slice(0, 60)}" is malformed.`);
  if (budget?.account === undefined || budget.limit === undefined) {
    throw new SluiceError(
      "invalid_request",
      "A budget needs an account and a limit (its unit even when it is removed).",
    );
  }
  if (budget.window !== "" && budget.window !== WINDOW) {
    throw new SluiceError(
      "invalid_request",
      `Window "${budget.window.slice(0, 40)}" is not supported; the only one is "${WINDOW}".`,
    );
  }
  const { unit, value } = budget.limit;
  if (value < 0n || value > LIMIT_MAX) {
    throw new SluiceError("invalid_request", `A limit of ${value} is not possible; 0 to ${LIMIT_MAX} are.`);
  }
  const limit = remove ? undefined : value;
  return { tenant: tenantId, account: accountFromProto(budget.account), unit: unitFromProto(unit), limit };
}

function changedEvent({ tenant, account, unit, limit }: LimitChange, at: number) {
  const payload = BudgetChanged.fromPartial({
    account: accountToProto(account),
    tenantId: tenant,
    limit: limit === undefined ? undefined : amountToProto(unit, limit),
    changedAtMs: BigInt(at),
  });
  const id = factId("budget", tenant, account.kind, account.id, unit, limit ?? "none", at);
  return { type: "budget.changed", id, tenant, payload } as const;
}

async function balance({ store, reader }: ServiceOptions, request: BalanceRequest): Promise<BalanceResponse> {
  const tenant = request.tenantId === "" ? undefined : request.tenantId;
  const accounts = request.accounts.length === 0 ? undefined : request.accounts.map(accountFromProto);
  if (tenant === undefined && accounts !== undefined) {
    throw new SluiceError("invalid_request", "Accounts belong to a tenant: name it.");
  }
  const charged = await reader.charged(tenant, accounts);
  return { balances: balancesOf(await store.balances(tenant, accounts), charged) };
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
