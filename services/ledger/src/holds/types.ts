import type { AccountRef } from "../accounts.ts";
import type { Amounts, UnitName } from "../amounts.ts";

/** Limits of one account; a unit without an entry is unlimited. */
export type Limits = Readonly<Partial<Record<UnitName, bigint>>>;

/** What an account's counters say. */
export interface AccountState {
  readonly limits: Limits;
  readonly spent: Amounts;
  readonly held: Amounts;
  readonly openHolds: number;
}

/** An account with its counters. */
export interface AccountView extends AccountState {
  readonly tenant: string;
  readonly account: AccountRef;
}

/** What a hold says when it is placed. */
export interface HoldTerms {
  /** The attempt's id. */
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
}

/** How firmly a settlement is known; a firmer one replaces a weaker one, never the other way round. */
export const RANK = { none: 0, estimated: 1, metered: 2 } as const;
export type Rank = (typeof RANK)[keyof typeof RANK];

export type HoldState = "live" | "settled" | "void" | "expired";

/** A hold as a store keeps it. */
export interface Hold extends HoldTerms {
  readonly state: HoldState;
  /** True once the attempt's request bytes may have left. */
  readonly started: boolean;
  /** What its attempt is charged with so far. */
  readonly settled: Amounts;
  readonly rank: Rank;
  /** Epoch milliseconds; 0 while it is live. */
  readonly endedAt: number;
}

/** An account and unit without room for what was needed. */
export interface Shortfall {
  readonly account: AccountRef;
  readonly unit: UnitName;
  readonly limit: bigint;
  readonly spent: bigint;
  readonly held: bigint;
  readonly needed: bigint;
}

export type PlaceOutcome =
  | { readonly kind: "granted"; readonly hold: Hold; readonly repeated: boolean }
  | { readonly kind: "refused"; readonly shortfalls: readonly Shortfall[] }
  /** The id is taken by a hold with other content, or by one that has ended. */
  | { readonly kind: "conflict"; readonly reason: string };

/** A decision, and the promise that it is durable; nothing may be answered before that promise resolves. */
export interface Placement {
  readonly outcome: PlaceOutcome;
  readonly durable: Promise<void>;
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
}

export interface HoldName {
  readonly tenant: string;
  readonly id: string;
}

export interface LimitChange {
  readonly tenant: string;
  readonly account: AccountRef;
  readonly unit: UnitName;
  /** Undefined removes the limit. */
  readonly limit: bigint | undefined;
}

export interface SpentRow {
  readonly tenant: string;
  readonly account: AccountRef;
  readonly spent: Amounts;
}

/** Everything that keeps holds and the counters they are checked against. Every step is atomic and idempotent by hold id. */
export interface HoldStore {
  /** Admits the hold if every account has room, else changes nothing. */
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
  /** Overwrites what accounts have spent. */
  setSpent(rows: readonly SpentRow[]): Promise<void>;
  /** Forgets holds that ended before the moment. */
  forget(before: number): Promise<void>;
}
