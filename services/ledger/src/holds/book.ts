import type { AccountRef } from "../accounts.ts";
import { NOTHING } from "../amounts.ts";
import type { AccountState, CounterState, Hold } from "./types.ts";
import type { TimeZones } from "./windows.ts";

/** The state the machine decides on. Records are replaced, never changed, so that a writer can undo a step. */
export interface Book {
  account(tenant: string, account: AccountRef): AccountState;
  setAccount(tenant: string, account: AccountRef, state: AccountState): void;
  /** Counters of an account's windows by the names of their instances; undefined if it has none. */
  windows(tenant: string, account: AccountRef): ReadonlyMap<string, CounterState> | undefined;
  setWindow(tenant: string, account: AccountRef, instance: string, state: CounterState): void;
  hold(tenant: string, id: string): Hold | undefined;
  setHold(hold: Hold): void;
  liveHolds(): Iterable<Hold>;
  readonly zones: TimeZones;
}

export const EMPTY_COUNTER: CounterState = Object.freeze({ spent: NOTHING, held: NOTHING, openHolds: 0 });
export const EMPTY_ACCOUNT: AccountState = Object.freeze({ ...EMPTY_COUNTER, limits: Object.freeze([]) });
