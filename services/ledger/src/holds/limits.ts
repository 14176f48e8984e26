import { type AccountRef, accountKey } from "../accounts.ts";
import { NOTHING, plus } from "../amounts.ts";
import type { Book } from "./book.ts";
import type { LimitChange, LimitName, WindowOpening } from "./types.ts";
import type { CalendarWindow } from "./windows.ts";
import { counterKey, instanceAt, instanceName } from "./windows.ts";

/** Sets or removes limits, and opens the windows of which the changes say how far they are. */
export function changeLimits(book: Book, changes: readonly LimitChange[]): void {
  const openings: Opening[] = [];
  for (const change of changes) {
    const { tenant, account, window, unit, soft, limit, opening } = change;
    const state = book.account(tenant, account);
    const others = state.limits.filter((each) => !isSameLimit(each, change));
    const limits = limit === undefined ? others : [...others, { window, unit, soft, limit }];
    book.setAccount(tenant, account, { ...state, limits });
    if (opening !== undefined && window !== "total") openings.push({ tenant, account, window, ...opening });
  }
  openWindows(book, openings);
}

/** True if both are the same limit, whatever its amount. */
export function isSameLimit(a: LimitName, b: LimitName): boolean {
  return a.window === b.window && a.unit === b.unit && a.soft === b.soft;
}

export interface Opening extends WindowOpening {
  readonly tenant: string;
  readonly account: AccountRef;
  readonly window: CalendarWindow;
}

/** Sets counters of instances to what was spent so far and to the live holds that began in them, which remember them from now on. */
export function openWindows(book: Book, openings: readonly Opening[]): void {
  if (openings.length === 0) return;
  const live = liveByAccount(book);
  for (const { tenant, account, window, start, spent } of openings) {
    const zone = book.zones.zoneOf(tenant);
    const instance = instanceName(window, start);
    const counter = counterKey(instance, account);
    // Asked for again: an earlier opening may have changed a hold.
    const inside = (live.get(nameOf(tenant, account)) ?? [])
      .flatMap((id) => book.hold(tenant, id) ?? [])
      .filter(({ startedAt }) => instanceAt(window, zone, startedAt).start === start);
    const held = inside.reduce((sum, hold) => plus(sum, hold.amounts), NOTHING);
    book.setWindow(tenant, account, instance, { spent, held, openHolds: inside.length });
    for (const hold of inside) {
      if (!hold.counters.includes(counter)) book.setHold({ ...hold, counters: [...hold.counters, counter] });
    }
  }
}

/** Ids of the live holds on each account. */
function liveByAccount(book: Book): ReadonlyMap<string, readonly string[]> {
  const ids = new Map<string, string[]>();
  for (const { tenant, id, accounts } of book.liveHolds()) {
    for (const account of accounts) {
      const name = nameOf(tenant, account);
      const known = ids.get(name);
      if (known === undefined) ids.set(name, [id]);
      else known.push(id);
    }
  }
  return ids;
}

function nameOf(tenant: string, account: AccountRef): string {
  return `${tenant} ${accountKey(account)}`;
}
