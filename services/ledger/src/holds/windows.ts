import { type AccountRef, accountKey, accountOfKey } from "../accounts.ts";

/** Spans a limit can hold for. "total" never starts anew; weeks begin on Monday. */
export const WINDOWS = ["total", "hour", "day", "week", "month"] as const;
export type WindowName = (typeof WINDOWS)[number];

/** Windows that start anew. */
export const CALENDAR_WINDOWS = ["hour", "day", "week", "month"] as const;
export type CalendarWindow = (typeof CALENDAR_WINDOWS)[number];

/** One instance of a window. */
export interface Instance {
  /** Epoch milliseconds; 0 for "total". */
  readonly start: number;
  /** Epoch milliseconds, exclusive; 0 for "total". */
  readonly end: number;
}

/** Where tenants are, by IANA names of time zones. */
export interface TimeZones {
  zoneOf(tenant: string): string;
}

/** Time zones in memory; a tenant without one is in UTC. */
export class KnownTimeZones implements TimeZones {
  readonly #zones = new Map<string, string>();

  zoneOf(tenant: string): string {
    return this.#zones.get(tenant) ?? UTC;
  }

  /** @throws nothing: call `isTimeZone` first */
  set(tenant: string, zone: string): void {
    if (zone === UTC) this.#zones.delete(tenant);
    else this.#zones.set(tenant, zone);
  }
}

export const UTC = "UTC";
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const TOTAL: Instance = { start: 0, end: 0 };
/** The longest that an instance can be, clocks going back included. */
const LONGEST_MS: Readonly<Record<CalendarWindow, number>> = {
  hour: 2 * HOUR_MS,
  day: DAY_MS + 3 * HOUR_MS,
  week: 7 * DAY_MS + 3 * HOUR_MS,
  month: 31 * DAY_MS + 3 * HOUR_MS,
};
/** A name is given by administrators, so that there are few; the limit is against a mistake. */
const ZONES_MAX = 1_000;
/** The newest instance of each window per zone: nearly every question is about it. */
const newest = new Map<string, Map<CalendarWindow, Instance>>();

export function isWindow(name: string): name is WindowName {
  return (WINDOWS as readonly string[]).includes(name);
}

/** True for an IANA name that this process knows the rules of. */
export function isTimeZone(name: string): boolean {
  try {
    return !/^[+-]/.test(name) && Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId !== "";
  } catch {
    return false;
  }
}

/**
 * The instance of a window that a moment (epoch milliseconds) is in, in an IANA time zone: a day has 23 or 25 hours where clocks change.
 * @throws RangeError for an unknown zone
 */
export function instanceAt(window: WindowName, zone: string, at: number): Instance {
  if (window === "total") return TOTAL;
  const seen = newest.get(zone)?.get(window);
  if (seen !== undefined && at >= seen.start && at < seen.end) return seen;
  const instance = computed(window, zone, at);
  if (seen === undefined || instance.start > seen.start) remember(window, zone, instance);
  return instance;
}

/** The name of an instance, e.g. `day@1763766000000`: by its beginning, so that another time zone simply names others. */
export function instanceName(window: CalendarWindow, start: number): string {
  return `${window}@${start}`;
}

/** The window and the beginning (epoch milliseconds) that an instance's name tells; undefined for a text that is none. */
export function instanceOfName(name: string): { readonly window: CalendarWindow; readonly start: number } | undefined {
  const at = name.indexOf("@");
  const window = CALENDAR_WINDOWS.find((each) => each === name.slice(0, at));
  const start = Number(name.slice(at + 1));
  return window === undefined || !Number.isSafeInteger(start) ? undefined : { window, start };
}

/** The latest moment (epoch milliseconds) at which the instance can end in any time zone. */
export function latestEnd(window: CalendarWindow, start: number): number {
  return start + LONGEST_MS[window];
}

/** What a window's counter is called, e.g. `day@1763766000000|org:acme`. */
export function counterKey(instance: string, account: AccountRef): string {
  return `${instance}|${accountKey(account)}`;
}

/** The instance's name and the account that a counter's key tells. @throws internal for a text that is none */
export function counterOfKey(key: string): { readonly instance: string; readonly account: AccountRef } {
  const bar = key.indexOf("|");
  return { instance: key.slice(0, bar), account: accountOfKey(key.slice(bar + 1)) };
}

function remember(window: CalendarWindow, zone: string, instance: Instance): void {
  let windows = newest.get(zone);
  if (windows === undefined) {
    if (newest.size >= ZONES_MAX) newest.clear();
    windows = new Map();
    newest.set(zone, windows);
  }
  windows.set(window, instance);
}

function computed(window: CalendarWindow, zone: string, at: number): Instance {
  const moment = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
  if (window === "hour") return hourOf(moment);
  const today = moment.toPlainDate();
  const first =
    window === "day"
      ? today
      : window === "week"
        ? today.subtract({ days: today.dayOfWeek - 1 })
        : today.with({ day: 1 });
  const next = first.add(window === "day" ? { days: 1 } : window === "week" ? { weeks: 1 } : { months: 1 });
  return { start: beginningOf(first, zone), end: beginningOf(next, zone) };
}

function beginningOf(date: Temporal.PlainDate, zone: string): number {
  return date.toZonedDateTime(zone).epochMilliseconds;
}

/** An hour of the wall clock; cut where a change of the clocks by less than an hour falls into it. */
function hourOf(moment: Temporal.ZonedDateTime): Instance {
  const offset = moment.offsetNanoseconds / 1_000_000;
  const at = moment.epochMilliseconds;
  const local = at + offset;
  const start = at - (((local % HOUR_MS) + HOUR_MS) % HOUR_MS);
  const before = moment.getTimeZoneTransition("previous")?.epochMilliseconds ?? start;
  const after = moment.getTimeZoneTransition("next")?.epochMilliseconds ?? start + HOUR_MS;
  return { start: Math.max(start, before), end: Math.min(start + HOUR_MS, after) };
}
