import { SluiceError } from "@sluice/platform/errors";
import type { SetTimeZoneRequest, SetTimeZoneResponse } from "@sluice/proto/ledger/v1/ledger_service";
import { isTenant } from "../holds/check-request.ts";
import type { LimitChange } from "../holds/types.ts";
import { instanceAt, isTimeZone } from "../holds/windows.ts";
import type { Budgets } from "../store/budgets.ts";
import type { StoredTimeZones } from "../store/time-zones.ts";
import { enforce, type WindowOptions } from "./open-windows.ts";

export interface SetTimeZoneOptions extends WindowOptions {
  readonly timeZones: StoredTimeZones;
}

/**
 * Sets the time zone in which a tenant's calendar windows begin, and opens the windows it has limits in anew.
 * @throws invalid_request for a zone nobody knows
 */
export async function setTimeZone(
  options: SetTimeZoneOptions,
  { tenantId: tenant, timeZone: zone }: SetTimeZoneRequest,
): Promise<SetTimeZoneResponse> {
  if (!isTenant(tenant)) throw new SluiceError("invalid_request", `tenant_id "${tenant.slice(0, 60)}" is malformed.`);
  if (!isTimeZone(zone)) {
    throw new SluiceError(
      "invalid_request",
      `time_zone is "${zone.slice(0, 60)}"; use an IANA name such as "Europe/Berlin" or "UTC".`,
    );
  }
  const { budgets, timeZones, turns } = options;
  const changes = calendarLimits(budgets, tenant);
  await turns.take(async () => {
    // Opened before holds look for them, and once more for the holds that were placed under the old names meanwhile.
    await enforce(options, changes, (_, window, at) => ({ window, ...instanceAt(window, zone, at) }));
    await timeZones.save(tenant, zone);
    await openAgain(options, changes);
  });
  return {};
}

/** Opens the windows of tenants whose time zone another process has changed. */
export async function reopenWindows(options: WindowOptions, tenants: readonly string[]): Promise<void> {
  const changes = tenants.flatMap((tenant) => calendarLimits(options.budgets, tenant));
  if (changes.length > 0) await options.turns.take(() => openAgain(options, changes));
}

async function openAgain(options: WindowOptions, changes: readonly LimitChange[]): Promise<void> {
  await enforce(options, changes, (tenant, window, at) => options.budgets.instance(tenant, window, at));
}

function calendarLimits(budgets: Budgets, tenant: string): readonly LimitChange[] {
  return budgets.ofTenant(tenant).filter(({ window }) => window !== "total");
}
