import type { AccountRef } from "../accounts.ts";
import { type Amounts, minus, NOTHING, plus, sameAmounts } from "../amounts.ts";
import type { Book } from "./book.ts";
import type { CounterState, Hold, HoldTerms, UnitAmount } from "./types.ts";
import { counterOfKey } from "./windows.ts";

/**
 * A session's slice is a hold on the session's parents that no attempt belongs to. While it is open it holds what the session has neither
 * spent nor holds: a call takes its hold on the parents out of the slice in the step that places it, and the step that ends the call puts back
 * what it did not need. So the parents' sums stay as they were, and whatever a slice does not cover (a unit it has no amount in, a
 * window that began after it) is asked of the parents as for any call.
 */

/** What a slice gives to the counters it is held on, when a call is placed. */
export interface SliceGift {
  readonly slice: Hold;
  readonly amounts: Amounts;
}

/** The slice that pays for a hold; undefined if it is not open at the moment of placing. */
export function openSliceFor(book: Book, { tenant, sliceId, placedAt }: HoldTerms): Hold | undefined {
  const slice = book.hold(tenant, sliceId);
  return slice !== undefined && isOpenSlice(slice) && slice.expiresAt > placedAt ? slice : undefined;
}

/** What the slice gives to a call that takes `terms` on the session. */
export function giftFor(book: Book, slice: Hold, { tenant, accounts, amounts }: HoldTerms): SliceGift {
  const session = book.account(tenant, sessionOf(slice));
  if (!accounts.some(({ kind, id }) => kind === "session" && id === slice.id)) return { slice, amounts: NOTHING };
  const after = { ...session, held: plus(session.held, amounts) };
  return { slice, amounts: minus(slice.amounts, restOf(slice, after)) };
}

/** Makes an open slice hold what its session has neither spent nor holds. */
export function alignSlice(book: Book, tenant: string, sliceId: string): void {
  const slice = book.hold(tenant, sliceId);
  if (slice === undefined || !isOpenSlice(slice)) return;
  const amounts = restOf(slice, book.account(tenant, sessionOf(slice)));
  if (sameAmounts(amounts, slice.amounts)) return;
  changeHeld(book, slice, minus(amounts, slice.amounts), 0);
  book.setHold({ ...slice, amounts });
}

/** Gives the session's account the limits of its slice, or takes them away again. */
export function limitSession(book: Book, slice: Hold, isOpen: boolean): void {
  const session = sessionOf(slice);
  const state = book.account(slice.tenant, session);
  const others = state.limits.filter(({ window, soft }) => window !== "total" || soft);
  const own = slice.size.map(({ unit, value }) => ({ window: "total", unit, soft: false, limit: value }) as const);
  book.setAccount(slice.tenant, session, { ...state, limits: isOpen ? [...others, ...own] : others });
}

/** Adds amounts to what is held on the counters of a hold. */
export function changeHeld(book: Book, { tenant, accounts, counters }: Hold, amounts: Amounts, holds: number): void {
  for (const account of accounts) {
    const { limits, spent, held, openHolds } = book.account(tenant, account);
    book.setAccount(tenant, account, { limits, spent, held: plus(held, amounts), openHolds: openHolds + holds });
  }
  for (const key of counters) {
    const { instance, account } = counterOfKey(key);
    // One that is not there any more has been forgotten with all that was held on it.
    const state = book.windows(tenant, account)?.get(instance);
    if (state !== undefined) book.setWindow(tenant, account, instance, heldMore(state, amounts, holds));
  }
}

/** The part of a slice that can be held: all tokens together are a limit of the session and no reservation. */
export function reservedOf(size: readonly UnitAmount[]): Amounts {
  const of = (unit: UnitAmount["unit"]): bigint => size.find((each) => each.unit === unit)?.value ?? 0n;
  return { nanousd: of("nanousd"), inputTokens: of("input_tokens"), outputTokens: of("output_tokens") };
}

export function isOpenSlice({ state, size }: Hold): boolean {
  return state === "live" && size.length > 0;
}

export function sessionOf({ id }: Pick<Hold, "id">): AccountRef {
  return { kind: "session", id };
}

function restOf(slice: Hold, { spent, held }: CounterState): Amounts {
  const rest = minus(minus(reservedOf(slice.size), spent), held);
  return {
    nanousd: atLeastNothing(rest.nanousd),
    inputTokens: atLeastNothing(rest.inputTokens),
    outputTokens: atLeastNothing(rest.outputTokens),
  };
}

function heldMore(state: CounterState, amounts: Amounts, holds: number): CounterState {
  return { spent: state.spent, held: plus(state.held, amounts), openHolds: state.openHolds + holds };
}

function atLeastNothing(value: bigint): bigint {
  return value > 0n ? value : 0n;
}
