import type { AccountRef } from "../accounts.ts";
import type { Need, RateLimits, Taken } from "./minute.ts";

/** An account on a chain that has a rate limit. */
export interface LimitedAccount {
  readonly account: AccountRef;
  readonly limits: RateLimits;
}

/** What one hold asks of the limited accounts of its chain: from all of them, or from none. */
export interface Take {
  readonly tenant: string;
  readonly accounts: readonly LimitedAccount[];
  readonly need: Need;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface TakeOutcome {
  readonly granted: boolean;
  /** What counts on each account now, this hold included if it was granted; in the order of the accounts. */
  readonly entries: readonly (readonly Taken[])[];
}

/** A difference to what was taken before: given back (negative) or taken on top. */
export interface Correction {
  readonly tenant: string;
  readonly accounts: readonly AccountRef[];
  readonly change: Need;
  /** When it was taken, in epoch milliseconds. */
  readonly takenAt: number;
}

/** What accounts took in their last minute. Every step is atomic over its accounts. */
export interface RateStore {
  take(take: Take): Promise<TakeOutcome>;
  /** What was taken from accounts lately, in their order; entries that no longer count may be among it. */
  look(tenant: string, accounts: readonly AccountRef[]): Promise<readonly (readonly Taken[])[]>;
  correct(corrections: readonly Correction[]): Promise<void>;
}
