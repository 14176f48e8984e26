import type { Bus } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import { BudgetChanged } from "@sluice/proto/events/v1/control_events";
import type { SetBudgetRequest, SetBudgetResponse } from "@sluice/proto/ledger/v1/ledger_service";
import { accountFromProto, accountToProto, amountToProto, unitFromProto } from "../accounts.ts";
import { isTenant } from "../holds/check-request.ts";
import type { LimitChange } from "../holds/types.ts";
import { isWindow, WINDOWS, type WindowName } from "../holds/windows.ts";
import { factId } from "../store/events.ts";
import { type BalanceOptions, balancesFor } from "./balance.ts";
import { setLimits, type WindowOptions } from "./open-windows.ts";

export interface SetBudgetOptions extends WindowOptions, BalanceOptions {
  readonly store: WindowOptions["store"] & BalanceOptions["store"];
  readonly bus: Bus;
}

/** Largest limit: sums beside it still fit into 64 bits. */
const LIMIT_MAX = 2n ** 62n;

/**
 * Sets or removes one limit of an account, and publishes `budget.changed`.
 * @throws invalid_request naming what is missing or impossible
 */
export async function setBudget(options: SetBudgetOptions, request: SetBudgetRequest): Promise<SetBudgetResponse> {
  const { budgets, bus, now } = options;
  const change = changeOf(request);
  // The books first: at the next start they set what the hold store did not get to hear.
  await budgets.save(change);
  await setLimits(options, [change]);
  await bus.publish(changedEvent(change, now()));
  const { tenant, account, unit, window, soft } = change;
  const all = await balancesFor(options, tenant, [account]);
  const { unit: wanted } = amountToProto(unit, 0n);
  const named = all.find((each) => each.unit === wanted && each.window === window && each.soft === soft);
  return { balance: named ?? all[0] };
}

function changeOf({ tenantId, budget, remove }: SetBudgetRequest): LimitChange {
  if (!isTenant(tenantId))
    throw new SluiceError("invalid_request", `tenant_id "${tenantId.slice(0, 60)}" is malformed.`);
  if (budget?.account === undefined || budget.limit === undefined) {
    const missing = budget?.account === undefined ? "budget.account" : "budget.limit";
    throw new SluiceError(
      "invalid_request",
      `${missing} is missing: a budget needs an account and a limit (its unit even when it is removed).`,
    );
  }
  const { unit, value } = budget.limit;
  if (value < 0n || value > LIMIT_MAX) {
    throw new SluiceError("invalid_request", `budget.limit is ${value}; 0 to ${LIMIT_MAX} are possible.`);
  }
  const account = accountFromProto(budget.account);
  const limit = remove ? undefined : value;
  const name = { unit: unitFromProto(unit), window: windowOf(budget.window), soft: budget.soft };
  return { tenant: tenantId, account, ...name, limit };
}

/** @throws invalid_request for a window that does not exist */
function windowOf(name: string): WindowName {
  if (name === "") return "total";
  if (isWindow(name)) return name;
  throw new SluiceError(
    "invalid_request",
    `budget.window is "${name.slice(0, 40)}"; use one of ${WINDOWS.join(", ")} (a session's "total" is its lifetime).`,
  );
}

function changedEvent({ tenant, account, unit, limit, window, soft }: LimitChange, at: number) {
  const payload = BudgetChanged.fromPartial({
    account: accountToProto(account),
    tenantId: tenant,
    limit: limit === undefined ? undefined : amountToProto(unit, limit),
    changedAtMs: BigInt(at),
    window,
    soft,
  });
  const kind = soft ? "soft" : "hard";
  const id = factId("budget", tenant, account.kind, account.id, unit, window, kind, limit ?? "none", at);
  return { type: "budget.changed", id, tenant, payload } as const;
}
