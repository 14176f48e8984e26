import { type AccountRef, accountKey } from "../accounts.ts";
import { type Amounts, inUnit } from "../amounts.ts";
import { type Book, EMPTY_COUNTER } from "./book.ts";
import type { SliceGift } from "./slice.ts";
import type { AccountState, HoldTerms, Limit, LimitStanding } from "./types.ts";
import { counterKey, instanceAt, instanceName } from "./windows.ts";

/** What a hold must fit into: every limit of its accounts with its counter. */
export function standingsOf(book: Book, terms: HoldTerms, gift: SliceGift | undefined): readonly LimitStanding[] {
  let standings: LimitStanding[] | undefined;
  for (const account of terms.accounts) {
    const state = book.account(terms.tenant, account);
    if (state.limits.length === 0) continue;
    standings ??= [];
    for (const limit of state.limits) standings.push(standingOf({ book, terms, gift, account, state, limit }));
  }
  return standings ?? NONE;
}

const NONE: readonly LimitStanding[] = Object.freeze([]);

/**
 * True if the counter stands over the limit with a hold of these amounts. A unit that it does not use cannot cross anything. A hard limit asks
 * for what the hold adds; a soft one is told to every call that uses it, also to one whose slice holds its part there already.
 */
export function isPassed({ soft, unit, limit, spent, held, needed }: LimitStanding, amounts: Amounts): boolean {
  const uses = soft ? inUnit(amounts, unit) : needed;
  return uses > 0n && spent + held + needed > limit;
}

interface Question {
  readonly book: Book;
  readonly terms: HoldTerms;
  readonly gift: SliceGift | undefined;
  readonly account: AccountRef;
  readonly state: AccountState;
  readonly limit: Limit;
}

function standingOf({ book, terms, gift, account, state, limit }: Question): LimitStanding {
  const { window, unit } = limit;
  const { tenant, amounts, startedAt } = terms;
  const { start, end } = instanceAt(window, window === "total" ? "" : book.zones.zoneOf(tenant), startedAt);
  const instance = window === "total" ? undefined : instanceName(window, start);
  const counter = instance === undefined ? state : (book.windows(tenant, account)?.get(instance) ?? EMPTY_COUNTER);
  const given = gift !== undefined && isGivenTo(gift, account, instance) ? inUnit(gift.amounts, unit) : 0n;
  return {
    ...limit,
    account,
    windowStart: start,
    windowEnd: end,
    spent: inUnit(counter.spent, unit),
    held: inUnit(counter.held, unit),
    needed: inUnit(amounts, unit) - given,
  };
}

/** A slice frees only what it holds: its own accounts, and of their windows those that it was placed in. */
function isGivenTo({ slice }: SliceGift, account: AccountRef, instance: string | undefined): boolean {
  if (instance !== undefined) return slice.counters.includes(counterKey(instance, account));
  const key = accountKey(account);
  return slice.accounts.some((each) => accountKey(each) === key);
}
