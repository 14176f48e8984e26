import { RateState } from "@sluice/proto/ledger/v1/ledger_service";
import { type AccountRef, accountKey } from "../accounts.ts";
import { current, type Figure, type Need, type RateLimits, type Standing, stand, type Taken } from "./minute.ts";
import type { Correction, LimitedAccount, RateStore } from "./types.ts";

/** One stored rate limit. */
export interface RateLimitRow {
  readonly tenant: string;
  readonly account: AccountRef;
  readonly limits: RateLimits;
}

/** Where rate limits are kept for good. */
export interface RateLimitTable {
  load(): Promise<readonly RateLimitRow[]>;
  /** Limits without a figure remove the row. */
  save(row: RateLimitRow): Promise<void>;
}

/** What a hold wants to take. */
export interface RateQuestion {
  readonly tenant: string;
  readonly accounts: readonly AccountRef[];
  readonly need: Need;
  readonly at: number;
}

export type RateAnswer =
  | { readonly kind: "granted"; readonly state: RateState }
  | { readonly kind: "refused"; readonly state: RateState; readonly refusal: RateRefusal };

/** Why nothing was taken: the account whose wait is the longest. */
export interface RateRefusal {
  readonly account: AccountRef;
  readonly unit: "requests" | "tokens";
  readonly figure: Figure;
  readonly needed: number;
  /** Milliseconds to wait; Infinity if it never fits. */
  readonly waitMs: number;
}

/** The rate limits of all tenants, and the question whether a hold fits into its minute. Tenants without limits cost one look into a map. */
export class RateKeeper {
  readonly #store: RateStore;
  readonly #table: RateLimitTable;
  #limits = new Map<string, Map<string, LimitedAccount>>();
  /** Grows with each change, so that a reading that began before one is not taken. */
  #version = 0;

  constructor(store: RateStore, table: RateLimitTable) {
    this.#store = store;
    this.#table = table;
  }

  /** Reads the limits anew; another process may have changed them. */
  async refresh(): Promise<void> {
    const version = this.#version;
    const rows = await this.#table.load();
    if (version !== this.#version) return;
    const limits = new Map<string, Map<string, LimitedAccount>>();
    for (const row of rows) put(limits, row);
    this.#limits = limits;
  }

  /** Sets or removes the limits of an account. */
  async set(row: RateLimitRow): Promise<void> {
    this.#version += 1;
    await this.#table.save(row);
    this.#version += 1;
    put(this.#limits, row);
  }

  /** True if any account of the tenant has a limit. */
  limits(tenant: string): boolean {
    return this.#limits.has(tenant);
  }

  list(tenant?: string): readonly RateLimitRow[] {
    return [...this.#limits]
      .filter(([name]) => tenant === undefined || name === tenant)
      .flatMap(([name, accounts]) => [...accounts.values()].map((limited) => ({ tenant: name, ...limited })));
  }

  /** Takes what a hold needs from every limited account of its chain, or nothing; undefined where no account is limited. */
  async take(question: RateQuestion): Promise<RateAnswer | undefined> {
    const limited = this.#limitedOf(question.tenant, question.accounts);
    return limited.length === 0 ? undefined : await this.#take(question, limited);
  }

  /** What `take` would answer, taking nothing. */
  async look({ tenant, accounts, need, at }: RateQuestion): Promise<RateAnswer | undefined> {
    const limited = this.#limitedOf(tenant, accounts);
    if (limited.length === 0) return undefined;
    const refs = limited.map(({ account }) => account);
    const entries = await this.#store.look(tenant, refs);
    const standings = standingsOf(limited, entries, need, at);
    return answerOf(
      standings,
      need,
      standings.every(({ standing }) => standing.waitMs === 0),
    );
  }

  /** Takes on top or gives back what differs from what was taken; for tenants without limits nothing happens. */
  async correct(corrections: readonly Correction[]): Promise<void> {
    if (this.#limits.size === 0) return;
    const due = corrections.flatMap((correction) => {
      const accounts = this.#limitedOf(correction.tenant, correction.accounts).map(({ account }) => account);
      const none = correction.change.requests === 0 && correction.change.tokens === 0;
      return accounts.length === 0 || none ? [] : [{ ...correction, accounts }];
    });
    if (due.length > 0) await this.#store.correct(due);
  }

  async #take({ tenant, need, at }: RateQuestion, accounts: readonly LimitedAccount[]): Promise<RateAnswer> {
    const { granted, entries } = await this.#store.take({ tenant, accounts, need, at });
    const wanted = granted ? { requests: 0, tokens: 0 } : need;
    return answerOf(standingsOf(accounts, entries, wanted, at), need, granted);
  }

  #limitedOf(tenant: string, accounts: readonly AccountRef[]): readonly LimitedAccount[] {
    const limits = this.#limits.get(tenant);
    if (limits === undefined) return [];
    return accounts.flatMap((account) => limits.get(accountKey(account)) ?? []);
  }
}

function put(
  limits: Map<string, Map<string, LimitedAccount>>,
  { tenant, account, limits: wanted }: RateLimitRow,
): void {
  const accounts = limits.get(tenant) ?? new Map<string, LimitedAccount>();
  if (wanted.requests === undefined && wanted.tokens === undefined) accounts.delete(accountKey(account));
  else accounts.set(accountKey(account), { account, limits: wanted });
  if (accounts.size === 0) limits.delete(tenant);
  else limits.set(tenant, accounts);
}

interface AccountStanding {
  readonly account: AccountRef;
  readonly standing: Standing;
}

function standingsOf(
  accounts: readonly LimitedAccount[],
  entries: readonly (readonly Taken[])[],
  need: Need,
  at: number,
): readonly AccountStanding[] {
  return accounts.map(({ account, limits }, index) => ({
    account,
    standing: stand(current(entries[index] ?? [], at), limits, need, at),
  }));
}

function answerOf(standings: readonly AccountStanding[], need: Need, granted: boolean): RateAnswer {
  const state = stateOf(standings.map(({ standing }) => standing));
  if (granted) return { kind: "granted", state };
  return { kind: "refused", state, refusal: refusalOf(standings, need) };
}

function refusalOf(standings: readonly AccountStanding[], need: Need): RateRefusal {
  const worst = standings.reduce((a, b) => (b.standing.waitMs > a.standing.waitMs ? b : a));
  const { requests, tokens, waitMs } = worst.standing;
  // What never fits is named before what only has to wait.
  const never = tokens !== undefined && need.tokens > tokens.limit;
  const short = !never && requests !== undefined && need.requests > requests.remaining;
  const unit = short ? "requests" : "tokens";
  const figure = (short ? requests : tokens) ?? { limit: 0, remaining: 0, resetMs: 0 };
  return { account: worst.account, unit, figure, needed: need[unit], waitMs };
}

/** The tightest figures of a chain. */
function stateOf(standings: readonly Standing[]): RateState {
  const requests = tightest(standings.map((each) => each.requests));
  const tokens = tightest(standings.map((each) => each.tokens));
  return RateState.fromPartial({
    ...(requests !== undefined && {
      limitRequests: BigInt(requests.limit),
      remainingRequests: BigInt(requests.remaining),
      resetRequestsMs: BigInt(requests.resetMs),
    }),
    ...(tokens !== undefined && {
      limitTokens: BigInt(tokens.limit),
      remainingTokens: BigInt(tokens.remaining),
      resetTokensMs: BigInt(tokens.resetMs),
    }),
  });
}

function tightest(figures: readonly (Figure | undefined)[]): Figure | undefined {
  return figures.reduce(
    (a, b) => (a === undefined || (b !== undefined && b.remaining < a.remaining) ? b : a),
    undefined,
  );
}
