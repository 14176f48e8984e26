import type { AccountRef } from "../accounts.ts";
import type { Amounts, UnitName } from "../amounts.ts";
import type { CalendarWindow, WindowName } from "./windows.ts";

/** What makes a limit one of its own among those of an account. */
export interface LimitName {
  readonly window: WindowName;
  readonly unit: UnitName;
  /** True if passing it is told and never refused. */
  readonly soft: boolean;
}

/** One limit of an account. */
export interface Limit extends LimitName {
  readonly limit: bigint;
}

/** All limits of one account, each name once. */
export type Limits = readonly Limit[];

/** What one counter says. */
export interface CounterState {
  readonly spent: Amounts;
  readonly held: Amounts;
  readonly openHolds: number;
}

/** An account's total and its limits in all windows. */
export interface AccountState extends CounterState {
  readonly limits: Limits;
}

/** An account's counter of one instance of a window. */
export interface WindowView extends CounterState {
  readonly window: CalendarWindow;
  /** Beginning of the instance in epoch milliseconds. */
  readonly start: number;
}

/** An account with its counters. */
export interface AccountView extends AccountState {
  readonly tenant: string;
  readonly account: AccountRef;
  /** Counters of windows: those that exist, earlier instances included until they are forgotten. */
  readonly windows: readonly WindowView[];
}

/** An amount in one unit. */
export interface UnitAmount {
  readonly unit: UnitName;
  readonly value: bigint;
}

/** What a hold says when it is placed. */
export interface HoldTerms {
  /** The attempt's id; for a slice the session's. */
  readonly id: string;
  readonly tenant: string;
  readonly requestId: string;
  readonly accounts: readonly AccountRef[];
  readonly amounts: Amounts;
  readonly provider: string;
  readonly model: string;
  readonly priceId: string;
  readonly priceVersion: string;
  /** Digest of what was asked: the same id with another digest is a conflict. Empty (rebuilt holds) matches anything. */
  readonly fingerprint: string;
  /** Epoch milliseconds. */
  readonly placedAt: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** Epoch milliseconds at which the attempt starts: its windows are those of this moment. */
  readonly startedAt: number;
  /** Session whose slice pays; empty if there is none. */
  readonly sliceId: string;
  /** For the reservation of a session's slice: its whole size. Empty for the hold of an attempt. */
  readonly size: readonly UnitAmount[];
  /** Task the caller named; empty if none. */
  readonly task: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** How firmly a settlement is known; a firmer one replaces a weaker one, never the other way round. */
export const RANK = { none: 0, estimated: 1, metered: 2 } as const;
export type Rank = (typeof RANK)[keyof typeof RANK];

export type HoldState = "live" | "settled" | "void" | "expired";

/** A hold as a store keeps it. */
export interface Hold extends HoldTerms {
  readonly state: HoldState;
  /** Keys of the windows' counters it is held on, beside the totals of its accounts; empty once it has ended. */
  readonly counters: readonly string[];
  /** True once the attempt's request bytes may have left. */
  readonly started: boolean;
  /** What its attempt is charged with so far. */
  readonly settled: Amounts;
  readonly rank: Rank;
  /** Epoch milliseconds; 0 while it is live. */
  readonly endedAt: number;
}

/** A limit and where its counter stands. */
export interface LimitStanding extends Limit {
  readonly account: AccountRef;
  /** Beginning of the window in epoch milliseconds; 0 for the total. */
  readonly windowStart: number;
  /** End of the window in epoch milliseconds; 0 for the total. */
  readonly windowEnd: number;
  readonly spent: bigint;
  readonly held: bigint;
  /** What the hold needs there, beyond what its slice gives. */
  readonly needed: bigint;
}

/** A hard limit without room for what was needed. */
export type Shortfall = LimitStanding;

/** A soft limit that the hold passes; `held` is without the hold. */
export type SoftPassed = LimitStanding;

export type PlaceOutcome =
  | {
      readonly kind: "granted";
      readonly hold: Hold;
      readonly repeated: boolean;
      /** Empty for a repeated one. */
      readonly softPassed: readonly SoftPassed[];
    }
  | { readonly kind: "refused"; readonly shortfalls: readonly Shortfall[] }
  /** The slice that should pay is not open (any more). */
  | { readonly kind: "session_ended" }
  /** The id is taken by a hold with other content, or by one that has ended. */
  | { readonly kind: "conflict"; readonly reason: string };

/** A decision, and the promise that it is durable; nothing may be answered before that promise resolves. */
export interface Placement {
  readonly outcome: PlaceOutcome;
  readonly durable: Promise<void>;
  /**
   * To be called once the hold is known to the streams, before anything is answered: a store that was rebuilt meanwhile may have missed it.
   * @throws unavailable
   */
  readonly confirm?: (() => void) | undefined;
}

/** The final or corrected charge of an attempt. */
export interface Settlement {
  readonly id: string;
  readonly tenant: string;
  /** Everything the attempt is charged with, not the difference to before. */
  readonly total: Amounts;
  readonly rank: Rank;
  readonly ending: "settled" | "void" | "expired";
  /** Epoch milliseconds. */
  readonly at: number;
  /** Accounts to charge if the store does not know the hold; undefined leaves an unknown hold alone. */
  readonly chargeUnknown?: readonly AccountRef[] | undefined;
  /** Epoch milliseconds of the attempt's start, for an unknown hold; default `at`. */
  readonly startedAt?: number | undefined;
  /** For a corrected charge: what the counters have of an attempt whose hold the store does not know any more. */
  readonly before?: Amounts | undefined;
  /** Epoch of the shared store when it was booked: a store rebuilt since then has the charge from the books. */
  readonly bookedUnder?: bigint | undefined;
}

export interface HoldName {
  readonly tenant: string;
  readonly id: string;
}

export interface AccountName {
  readonly tenant: string;
  readonly account: AccountRef;
}

export interface LimitChange extends LimitName {
  readonly tenant: string;
  readonly account: AccountRef;
  /** Undefined removes the limit. */
  readonly limit: bigint | undefined;
  /**
   * For a calendar window the account had no limit in: the instance that begins at `start` (epoch milliseconds) has `spent` so far. Its counter
   * is set to that and to the live holds that began in it.
   */
  readonly opening?: WindowOpening | undefined;
}

export interface WindowOpening {
  readonly start: number;
  readonly spent: Amounts;
}

export interface SpentRow {
  readonly tenant: string;
  readonly account: AccountRef;
  readonly spent: Amounts;
}

/** What an account has spent in one instance of a window. */
export interface WindowSpentRow extends SpentRow {
  readonly window: CalendarWindow;
  readonly start: number;
}

/** Everything that keeps holds and the counters they are checked against. Every step is atomic and idempotent by hold id. */
export interface HoldStore {
  /**
   * Admits the hold if every hard limit of its accounts has room, else changes nothing. With `sliceId` the slice gives what it can; with `size`
   * the hold is a slice: the session's account gets these limits until it ends.
   */
  place(terms: HoldTerms): Promise<Placement>;
  /** Holds by id, ended ones included as long as they are remembered. */
  find(names: readonly HoldName[]): Promise<ReadonlyMap<string, Hold>>;
  /** Moves the expiry of a live hold; undefined if it is not live. */
  renew(name: HoldName, expiresAt: number): Promise<number | undefined>;
  /** Lowers a live hold's money; returns what is held, undefined if it is not live. */
  shrink(name: HoldName, keepNanousd: bigint): Promise<bigint | undefined>;
  /** Notes that attempts have started; ended and unknown holds are left alone. */
  markStarted(names: readonly HoldName[]): Promise<void>;
  /** Ends holds with their charges, or corrects the charges of ended ones. */
  settle(settlements: readonly Settlement[]): Promise<void>;
  /** Ends a live hold that has not started (and, if given, expired at or before `expiredAt`); true if it is void now. */
  void(name: HoldName, at: number, expiredAt?: number): Promise<boolean>;
  /** Live holds that expired at or before the moment, at most `most`, the oldest first. */
  expired(at: number, most: number): Promise<readonly Hold[]>;
  /** Counters: of the accounts named, or of all accounts of the tenant, or of everything. */
  balances(tenant?: string, accounts?: readonly AccountRef[]): Promise<readonly AccountView[]>;
  setLimits(changes: readonly LimitChange[]): Promise<void>;
  /** Holds that are live. */
  openHolds(): Promise<number>;
  readonly upkeep: HoldUpkeep;
  close(): Promise<void>;
}

/** What only starting and housekeeping need. */
export interface HoldUpkeep {
  /** True if the store holds state that was completed by `markComplete`. */
  isComplete(): Promise<boolean>;
  markComplete(): Promise<void>;
  /** All live holds. */
  live(): Promise<readonly Hold[]>;
  /** Puts live holds back without asking for room. */
  restore(holds: readonly Hold[]): Promise<void>;
  /** Overwrites what accounts have spent in total. */
  setSpent(rows: readonly SpentRow[]): Promise<void>;
  /** Sets counters of windows: spent as given, held by the live holds that began in them. */
  setWindows(rows: readonly WindowSpentRow[]): Promise<void>;
  /** Forgets counters of windows that ended before the moment. */
  forgetCounters(before: number): Promise<void>;
  /** Forgets holds that ended before the moment. */
  forget(before: number): Promise<void>;
  /** Forgets these accounts, where they have no limit and nothing is held on them. */
  forgetAccounts(accounts: readonly AccountName[]): Promise<void>;
}
