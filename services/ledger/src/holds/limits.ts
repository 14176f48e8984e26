import { type AccountRef, accountKey } from "../accounts.ts";
import { NOTHING, plus } from "../amounts.ts";
import type { Book } from "./book.ts";
import type { LimitChange, LimitName, WindowOpening } from "./types.ts";
import type { CalendarWindow } from "./windows.ts";
import { counterKey, instanceAt, instanceName } from "./windows.ts";

/** Sets or removes one limit, and opens its window if the change says how far that is. */
export function changeLimit(book: Book, change: LimitChange): void {
  const { tenant, account, window, unit, soft, limit, opening } = change;
  const state = book.account(tenant, account);
  const others = state.limits.filter((each) => !isSameLimit(each, change));
  const limits = limit === undefined ? others : [...others, { window, unit, soft, limit }];
  book.setAccount(tenant, account, { ...state, limits });
  if (opening !== undefined && window !== "total") openWindow(book, { tenant, account, window, ...opening });
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

/** Sets an instance's counter to what was spent so far and to the live holds that began in it, which remember it from now on. */
export function openWindow(book: Book, { tenant, account, window, start, spent }: Opening): void {
  const zone = book.zones.zoneOf(tenant);
  const key = accountKey(account);
  const instance = instanceName(window, start);
  const counter = counterKey(instance, account);
  const inside = [...book.liveHolds()].filter(
    (hold) =>
      hold.tenant === tenant &&
      hold.accounts.some((each) => accountKey(each) === key) &&
      instanceAt(window, zone, hold.startedAt).start === start,
  );
  const held = inside.reduce((sum, hold) => plus(sum, hold.amounts), NOTHING);
  book.setWindow(tenant, account, instance, { spent, held, openHolds: inside.length });
  for (const hold of inside) {
    if (!hold.counters.includes(counter)) book.setHold({ ...hold, counters: [...hold.counters, counter] });
  }
}
