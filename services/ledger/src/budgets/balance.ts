import { SluiceError } from "@sluice/platform/errors";
import type { AccountBalance, BalanceRequest, BalanceResponse } from "@sluice/proto/ledger/v1/ledger_service";
import { type AccountRef, accountFromProto, accountToProto, unitToProto } from "../accounts.ts";
import { type Amounts, inUnit, NOTHING } from "../amounts.ts";
import { isEnforced } from "../holds/sessions.ts";
import type { AccountView, CounterState, HoldStore, Limit, SpentRow } from "../holds/types.ts";
import type { AccountWindow, Budgets } from "../store/budgets.ts";
import type { LedgerReader } from "../store/reader.ts";
import type { ChargedWindow } from "../store/rollups.ts";
import { counterOf, nameOf } from "./differences.ts";

export interface BalanceOptions {
  readonly store: Pick<HoldStore, "balances">;
  readonly budgets: Budgets;
  readonly reader: LedgerReader;
  readonly now: () => number;
}

const EMPTY: CounterState = { spent: NOTHING, held: NOTHING, openHolds: 0 };

/** Balances and limits; @throws invalid_request for accounts without a tenant, or impossible ones */
export async function balance(options: BalanceOptions, request: BalanceRequest): Promise<BalanceResponse> {
  const tenant = request.tenantId === "" ? undefined : request.tenantId;
  const accounts = request.accounts.length === 0 ? undefined : request.accounts.map(accountFromProto);
  if (tenant === undefined && accounts !== undefined) {
    throw new SluiceError("invalid_request", "accounts is given without tenant_id: accounts belong to a tenant.");
  }
  return { balances: await balancesFor(options, tenant, accounts) };
}

/**
 * Balances of accounts that the hold store or the books know: the total in money always, everything else where it is limited. Totals are read as
 * they stand; a window is the hold store's counter of its current instance.
 */
export async function balancesFor(
  { store, budgets, reader, now }: BalanceOptions,
  tenant?: string,
  accounts?: readonly AccountRef[],
): Promise<AccountBalance[]> {
  const charged = await reader.charged(tenant, accounts);
  const views = withUnheld(await store.balances(tenant, accounts), charged);
  const at = now();
  const windows = views.flatMap((view) => windowsOf(budgets, view, at));
  const sums = new Map((await reader.chargedWindows(windows)).map((window) => [windowName(window), window]));
  const posted = new Map(charged.map((row) => [nameOf(row), row.spent]));
  return views.flatMap((view) => [
    ...totalsOf(view, posted.get(nameOf(view)) ?? NOTHING),
    ...windowsOf(budgets, view, at).flatMap((window) => windowRows(view, window, sums.get(windowName(window)))),
  ]);
}

/** The accounts that only the books know have nothing held and nothing enforced. */
function withUnheld(views: readonly AccountView[], charged: readonly SpentRow[]): readonly AccountView[] {
  const known = new Set(views.map(nameOf));
  const others = charged.filter((row) => !known.has(nameOf(row)));
  return [...views, ...others.map(({ tenant, account }) => ({ tenant, account, limits: [], windows: [], ...EMPTY }))];
}

function windowsOf(budgets: Budgets, { tenant, account, limits }: AccountView, at: number): readonly AccountWindow[] {
  const calendars = new Set(limits.flatMap(({ window }) => (window === "total" ? [] : [window])));
  return [...calendars].map((window) => ({ tenant, account, ...budgets.instance(tenant, window, at) }));
}

function totalsOf(view: AccountView, posted: Amounts): readonly AccountBalance[] {
  const limits: readonly Partial<Limit>[] = view.limits.filter(({ window }) => window === "total");
  const money = limits.some(({ unit }) => unit === "nanousd") ? [] : [{}];
  const counter = isEnforced(view) ? view : { ...view, spent: posted };
  return [...money, ...limits].map((limit) => rowOf(view, limit, { counter, posted }));
}

function windowRows(view: AccountView, window: AccountWindow, charged: ChargedWindow | undefined): AccountBalance[] {
  const counter = counterOf(view, window);
  return view.limits
    .filter((limit) => limit.window === window.window)
    .map((limit) => ({
      ...rowOf(view, limit, { counter, posted: charged?.spent ?? NOTHING }),
      windowStartedAtMs: BigInt(window.start),
      windowEndsAtMs: BigInt(window.end),
    }));
}

interface Figures {
  readonly counter: CounterState;
  readonly posted: Amounts;
}

function rowOf(view: AccountView, limit: Partial<Limit>, { counter, posted }: Figures): AccountBalance {
  const unit = limit.unit ?? "nanousd";
  return {
    account: accountToProto(view.account),
    tenantId: view.tenant,
    unit: unitToProto(unit),
    window: limit.window ?? "total",
    limit: limit.limit,
    spent: inUnit(counter.spent, unit),
    held: inUnit(counter.held, unit),
    openHolds: BigInt(counter.openHolds),
    posted: inUnit(posted, unit),
    soft: limit.soft ?? false,
    windowStartedAtMs: 0n,
    windowEndsAtMs: 0n,
  };
}

function windowName(window: AccountWindow): string {
  return `${nameOf(window)} ${window.window}`;
}
