import type { AccountRef } from "../accounts.ts";
import { type Amounts, inUnit, minus, NOTHING, plus, sameAmounts, UNITS } from "../amounts.ts";
import type {
  AccountState,
  Hold,
  HoldName,
  HoldTerms,
  LimitChange,
  PlaceOutcome,
  Settlement,
  Shortfall,
} from "./types.ts";

/** The state the machine decides on. Records are replaced, never changed, so that a writer can undo a step. */
export interface Book {
  account(tenant: string, account: AccountRef): AccountState;
  setAccount(tenant: string, account: AccountRef, state: AccountState): void;
  hold(tenant: string, id: string): Hold | undefined;
  setHold(hold: Hold): void;
}

export const EMPTY_ACCOUNT: AccountState = Object.freeze({ limits: {}, spent: NOTHING, held: NOTHING, openHolds: 0 });

/** Admits a hold on every account of its chain, or on none. */
export function placeHold(book: Book, terms: HoldTerms): PlaceOutcome {
  const known = book.hold(terms.tenant, terms.id);
  if (known !== undefined) return repeatOf(known, terms);
  const shortfalls = terms.accounts.flatMap((account) =>
    shortfallsOf(account, book.account(terms.tenant, account), terms.amounts),
  );
  if (shortfalls.length > 0) return { kind: "refused", shortfalls };
  const hold: Hold = { ...terms, state: "live", started: false, settled: NOTHING, rank: 0, endedAt: 0 };
  putBack(book, hold);
  return { kind: "granted", hold, repeated: false };
}

/** Adds a live hold to its accounts without asking for room. */
export function putBack(book: Book, hold: Hold): void {
  for (const account of hold.accounts) {
    const state = book.account(hold.tenant, account);
    const held = plus(state.held, hold.amounts);
    book.setAccount(hold.tenant, account, { ...state, held, openHolds: state.openHolds + 1 });
  }
  book.setHold(hold);
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
  const freed: Amounts = { ...NOTHING, nanousd: hold.amounts.nanousd - keepNanousd };
  for (const account of hold.accounts) {
    const state = book.account(hold.tenant, account);
    book.setAccount(hold.tenant, account, { ...state, held: minus(state.held, freed) });
  }
  book.setHold({ ...hold, amounts: { ...hold.amounts, nanousd: keepNanousd } });
  return keepNanousd;
}

/** Notes that the attempt has started. */
export function startHold(book: Book, name: HoldName): void {
  const hold = liveHold(book, name);
  if (hold !== undefined && !hold.started) book.setHold({ ...hold, started: true });
}

/** Ends a live hold that never started. */
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
    if (settlement.chargeUnknown !== undefined) chargeUnknown(book, settlement);
    return;
  }
  if (settlement.rank < hold.rank) return;
  if (settlement.rank === hold.rank && hold.state !== "live" && sameAmounts(hold.settled, settlement.total)) return;
  const endedAt = hold.endedAt === 0 ? settlement.at : hold.endedAt;
  const { total, rank, ending } = settlement;
  finish(book, hold, { ...hold, state: ending, settled: total, rank, endedAt });
}

/** Sets or removes one limit. */
export function changeLimit(book: Book, change: LimitChange): void {
  const state = book.account(change.tenant, change.account);
  const { [change.unit]: _, ...others } = state.limits;
  const limits = change.limit === undefined ? others : { ...others, [change.unit]: change.limit };
  book.setAccount(change.tenant, change.account, { ...state, limits });
}

/** Limits that an amount would cross. A unit the attempt does not use cannot cross anything. */
export function shortfallsOf(account: AccountRef, state: AccountState, need: Amounts): readonly Shortfall[] {
  const shortfalls: Shortfall[] = [];
  for (const unit of UNITS) {
    const limit = state.limits[unit];
    if (limit === undefined) continue;
    const needed = inUnit(need, unit);
    const spent = inUnit(state.spent, unit);
    const held = inUnit(state.held, unit);
    if (needed > 0n && spent + held + needed > limit) {
      shortfalls.push({ account, unit, limit, spent, held, needed });
    }
  }
  return shortfalls;
}

/** What a repeated `place` of a known id means; shared by all stores. */
export function repeatOf(known: Hold, terms: HoldTerms): PlaceOutcome {
  if (known.fingerprint !== "" && known.fingerprint !== terms.fingerprint) {
    return { kind: "conflict", reason: `Hold ${terms.id} exists with other content.` };
  }
  if (known.state !== "live") return { kind: "conflict", reason: `Hold ${terms.id} has ended (${known.state}).` };
  return { kind: "granted", hold: known, repeated: true };
}

function liveHold(book: Book, name: HoldName): Hold | undefined {
  const hold = book.hold(name.tenant, name.id);
  return hold?.state === "live" ? hold : undefined;
}

function finish(book: Book, before: Hold, after: Hold): void {
  const wasLive = before.state === "live";
  const charge = minus(after.settled, before.settled);
  for (const account of before.accounts) {
    const state = book.account(before.tenant, account);
    book.setAccount(before.tenant, account, {
      ...state,
      spent: sameAmounts(charge, NOTHING) ? state.spent : plus(state.spent, charge),
      held: wasLive ? minus(state.held, before.amounts) : state.held,
      openHolds: state.openHolds - (wasLive ? 1 : 0),
    });
  }
  book.setHold(after);
}

function chargeUnknown(book: Book, settlement: Settlement): void {
  const hold: Hold = {
    id: settlement.id,
    tenant: settlement.tenant,
    requestId: "",
    accounts: settlement.chargeUnknown ?? [],
    amounts: NOTHING,
    provider: "",
    model: "",
    priceId: "",
    priceVersion: "",
    fingerprint: "",
    placedAt: settlement.at,
    expiresAt: settlement.at,
    state: "void",
    started: true,
    settled: NOTHING,
    rank: 0,
    endedAt: settlement.at,
  };
  finish(book, hold, { ...hold, state: settlement.ending, settled: settlement.total, rank: settlement.rank });
}
