import { type AccountRef, accountKey } from "../accounts.ts";
import { add, correct, current, stand, type Taken } from "./minute.ts";
import type { Correction, RateStore, Take, TakeOutcome } from "./types.ts";

const SWEEP_AFTER_MS = 60_000;

/** The last minute of one process's accounts, in memory: a restart begins with an empty minute. */
export class EmbeddedRates implements RateStore {
  readonly #accounts = new Map<string, readonly Taken[]>();
  #sweptAt = 0;

  /** Accounts whose last minute is kept. */
  get size(): number {
    return this.#accounts.size;
  }

  async take({ tenant, accounts, need, at }: Take): Promise<TakeOutcome> {
    this.#sweep(at);
    const names = accounts.map(({ account }) => `${tenant} ${accountKey(account)}`);
    const before = names.map((name) => current(this.#accounts.get(name) ?? [], at));
    const granted = accounts.every(({ limits }, index) => stand(before[index] ?? [], limits, need, at).waitMs === 0);
    if (!granted) return { granted, entries: before };
    const entries = before.map((each) => add(each, need, at));
    for (const [index, name] of names.entries()) this.#accounts.set(name, entries[index] ?? []);
    return { granted, entries };
  }

  async look(tenant: string, accounts: readonly AccountRef[]): Promise<readonly (readonly Taken[])[]> {
    return accounts.map((account) => this.#accounts.get(`${tenant} ${accountKey(account)}`) ?? []);
  }

  async correct(corrections: readonly Correction[]): Promise<void> {
    for (const { tenant, accounts, change, takenAt } of corrections) {
      for (const account of accounts) {
        const name = `${tenant} ${accountKey(account)}`;
        const entries = this.#accounts.get(name);
        if (entries !== undefined) this.#accounts.set(name, correct(entries, change, takenAt));
      }
    }
  }

  /** Accounts that took nothing for a minute are forgotten. */
  #sweep(at: number): void {
    if (at - this.#sweptAt < SWEEP_AFTER_MS) return;
    this.#sweptAt = at;
    for (const [name, entries] of this.#accounts) if (current(entries, at).length === 0) this.#accounts.delete(name);
  }
}
