import type { AccountRef } from "../accounts.ts";
import { type Amounts, minus, NOTHING, plus, sameAmounts } from "../amounts.ts";
import { type Book, EMPTY_ACCOUNT, EMPTY_COUNTER } from "./book.ts";
import { isPassed, standingsOf } from "./room.ts";
import { alignSlice, changeHeld, giftFor, limitSession, openSliceFor } from "./slice.ts";
import type { Hold, HoldName, HoldTerms, LimitStanding, PlaceOutcome, Settlement, SpentRow } from "./types.ts";
import { CALENDAR_WINDOWS, counterKey, counterOfKey, instanceAt, instanceName } from "./windows.ts";

const NO_COUNTERS: readonly string[] = Object.freeze([]);

/** Admits a hold on every account of its chain, or on none. */
export function placeHold(book: Book, terms: HoldTerms): PlaceOutcome {
  const known = book.hold(terms.tenant, terms.id);
  if (known !== undefined) return repeatOf(known, terms);
  const slice = terms.sliceId === "" ? undefined : openSliceFor(book, terms);
  if (terms.sliceId !== "" && slice === undefined) return { kind: "session_ended" };
  const gift = slice === undefined ? undefined : giftFor(book, slice, terms);
  const standings = standingsOf(book, terms, gift);
  const passed = standings.length === 0 ? standings : standings.filter((standing) => isPassed(standing, terms.amounts));
  const shortfalls = passed.filter(({ soft }) => !soft);
  if (shortfalls.length > 0) return { kind: "refused", shortfalls };
  const counters = standings.length === 0 ? NO_COUNTERS : countersOf(standings);
  const hold: Hold = { ...terms, state: "live", counters, started: false, settled: NOTHING, rank: 0, endedAt: 0 };
  putBack(book, hold);
  return { kind: "granted", hold, repeated: false, softPassed: passed };
}

/** Adds a live hold to its accounts and counters without asking for room. */
export function putBack(book: Book, hold: Hold): void {
  for (const key of hold.counters) createCounter(book, hold.tenant, key);
  changeHeld(book, hold, hold.amounts, 1);
  book.setHold(hold);
  if (hold.size.length > 0) {
    limitSession(book, hold, true);
    alignSlice(book, hold.tenant, hold.id);
  }
  if (hold.sliceId !== "") alignSlice(book, hold.tenant, hold.sliceId);
}

/** Moves the expiry; undefined if the hold is not live. */
export function renewHold(book: Book, name: HoldName, expiresAt: number): number | undefined {
  const hold = liveHold(book, name);
  if (hold === undefined) return undefined;
  if (hold.expiresAt !== expiresAt) book.setHold({ ...hold, expiresAt });
  return expiresAt;
}

/** Lowers the money of a live hold, never raises it. */
export function shrinkHold(book: Book, name: HoldName, keepNanousd: bigint): bigint | undefined {
  const hold = liveHold(book, name);
  if (hold === undefined) return undefined;
  if (keepNanousd >= hold.amounts.nanousd) return hold.amounts.nanousd;
  changeHeld(book, hold, { ...NOTHING, nanousd: keepNanousd - hold.amounts.nanousd }, 0);
  book.setHold({ ...hold, amounts: { ...hold.amounts, nanousd: keepNanousd } });
  if (hold.sliceId !== "") alignSlice(book, hold.tenant, hold.sliceId);
  return keepNanousd;
}

/** Notes that the attempt has started. */
export function startHold(book: Book, name: HoldName): void {
  const hold = liveHold(book, name);
  if (hold !== undefined && !hold.started) book.setHold({ ...hold, started: true });
}

/** Ends a live hold that never started; the reservation of a slice is one. */
export function voidHold(book: Book, name: HoldName, at: number, expiredAt?: number): boolean {
  const hold = book.hold(name.tenant, name.id);
  if (hold === undefined) return false;
  if (hold.state === "void") return expiredAt === undefined;
  if (hold.state !== "live" || hold.started) return false;
  if (expiredAt !== undefined && hold.expiresAt > expiredAt) return false;
  finish(book, hold, { ...hold, state: "void", endedAt: at });
  return true;
}

/** Ends a hold with its charge, or corrects the charge of one that has ended. A weaker settlement never replaces a firmer one. */
export function settleHold(book: Book, settlement: Settlement): void {
  const hold = book.hold(settlement.tenant, settlement.id);
  if (hold === undefined) {
    if (settlement.chargeUnknown !== undefined) chargeUnknown(book, settlement, settlement.chargeUnknown);
    return;
  }
  if (settlement.rank < hold.rank) return;
  if (settlement.rank === hold.rank && hold.state !== "live" && sameAmounts(hold.settled, settlement.total)) return;
  const endedAt = hold.endedAt === 0 ? settlement.at : hold.endedAt;
  const { total, rank, ending } = settlement;
  finish(book, hold, { ...hold, state: ending, settled: total, rank, endedAt });
}

/** What a repeated `place` of a known id means; shared by all stores. */
export function repeatOf(known: Hold, terms: HoldTerms): PlaceOutcome {
  if (known.fingerprint !== "" && known.fingerprint !== terms.fingerprint) {
    return { kind: "conflict", reason: `Hold ${terms.id} exists with other content.` };
  }
  if (known.state !== "live") return { kind: "conflict", reason: `Hold ${terms.id} has ended (${known.state}).` };
  return { kind: "granted", hold: known, repeated: true, softPassed: [] };
}

function liveHold(book: Book, name: HoldName): Hold | undefined {
  const hold = book.hold(name.tenant, name.id);
  return hold?.state === "live" ? hold : undefined;
}

function finish(book: Book, before: Hold, after: Hold): void {
  if (before.state === "live") changeHeld(book, before, minus(NOTHING, before.amounts), -1);
  charge(book, before, minus(after.settled, before.settled));
  book.setHold(after.counters.length === 0 ? after : { ...after, counters: NO_COUNTERS });
  if (before.state === "live" && before.size.length > 0) limitSession(book, before, false);
  if (before.sliceId !== "") alignSlice(book, before.tenant, before.sliceId);
}

/** Charges the totals of a hold's accounts, and the counters there are of the windows it started in. */
function charge(book: Book, { tenant, accounts, startedAt }: Hold, amounts: Amounts): void {
  if (sameAmounts(amounts, NOTHING)) return;
  for (const account of accounts) {
    const state = book.account(tenant, account);
    // A session that has been forgotten would come back with a part of what it has spent.
    if (state === EMPTY_ACCOUNT && account.kind === "session") continue;
    const { limits, spent, held, openHolds } = state;
    book.setAccount(tenant, account, { limits, spent: plus(spent, amounts), held, openHolds });
    const windows = book.windows(tenant, account);
    if (windows === undefined) continue;
    const zone = book.zones.zoneOf(tenant);
    for (const window of CALENDAR_WINDOWS) {
      const instance = instanceName(window, instanceAt(window, zone, startedAt).start);
      const counter = windows.get(instance);
      if (counter !== undefined) {
        book.setWindow(tenant, account, instance, { ...counter, spent: plus(counter.spent, amounts) });
      }
    }
  }
}

function chargeUnknown(book: Book, settlement: Settlement, accounts: readonly AccountRef[]): void {
  const { id, tenant, total, rank, ending, at, startedAt = at, before = NOTHING } = settlement;
  // No hold has made the counter of a window that has only just begun.
  for (const account of accounts) createLimited(book, { tenant, account, startedAt, at });
  const moments = { placedAt: at, expiresAt: at, startedAt, endedAt: at };
  const hold: Hold = { ...UNKNOWN, ...moments, id, tenant, accounts, settled: before };
  finish(book, hold, { ...hold, state: ending, settled: total, rank });
  for (const account of accounts) if (account.kind === "session") alignSlice(book, tenant, account.id);
}

/** Overwrites what an account has spent in total. */
export function setSpent(book: Book, { tenant, account, spent }: SpentRow): void {
  book.setAccount(tenant, account, { ...book.account(tenant, account), spent });
  if (account.kind === "session") alignSlice(book, tenant, account.id);
}

const UNKNOWN: Omit<Hold, "id" | "tenant" | "accounts" | "placedAt" | "expiresAt" | "startedAt" | "endedAt"> = {
  ...{ requestId: "", provider: "", model: "", priceId: "", priceVersion: "", fingerprint: "" },
  ...{ sliceId: "", size: [], task: "", tags: {}, counters: NO_COUNTERS },
  ...{ amounts: NOTHING, settled: NOTHING, state: "void", started: true, rank: 0 },
};

interface Moment {
  readonly tenant: string;
  readonly account: AccountRef;
  readonly startedAt: number;
  readonly at: number;
}

/** Makes the counters of an account's limited windows that are not over yet. */
function createLimited(book: Book, { tenant, account, startedAt, at }: Moment): void {
  for (const { window } of book.account(tenant, account).limits) {
    if (window === "total") continue;
    const { start, end } = instanceAt(window, book.zones.zoneOf(tenant), startedAt);
    if (at < end) createCounter(book, tenant, counterKey(instanceName(window, start), account));
  }
}

function createCounter(book: Book, tenant: string, key: string): void {
  const { instance, account } = counterOfKey(key);
  if (book.windows(tenant, account)?.get(instance) === undefined) {
    book.setWindow(tenant, account, instance, EMPTY_COUNTER);
  }
}

/** The windows' counters that a hold is placed on. */
function countersOf(standings: readonly LimitStanding[]): readonly string[] {
  const keys = new Set<string>();
  for (const { window, windowStart, account } of standings) {
    if (window !== "total") keys.add(counterKey(instanceName(window, windowStart), account));
  }
  return keys.size === 0 ? NO_COUNTERS : [...keys];
}
