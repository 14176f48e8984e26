import type { AccountRef } from "../accounts.ts";
import { changeLimits, openWindows } from "../holds/limits.ts";
import {
  placeHold,
  putBack,
  renewHold,
  setSpent,
  settleHold,
  shrinkHold,
  startHold,
  voidHold,
} from "../holds/machine.ts";
import { MemoryBook } from "../holds/memory-book.ts";
import type {
  AccountView,
  Hold,
  HoldName,
  HoldStore,
  HoldTerms,
  HoldUpkeep,
  LimitChange,
  Placement,
  Settlement,
} from "../holds/types.ts";
import type { TimeZones } from "../holds/windows.ts";

/** The account machine as a store that keeps nothing. */
export class MemoryStore implements HoldStore {
  readonly #book: MemoryBook;

  constructor(zones: TimeZones) {
    this.#book = new MemoryBook(zones);
  }

  async place(terms: HoldTerms): Promise<Placement> {
    return { outcome: placeHold(this.#book, terms), durable: Promise.resolve() };
  }

  async find(names: readonly HoldName[]): Promise<ReadonlyMap<string, Hold>> {
    const holds = names.flatMap(({ tenant, id }) => this.#book.hold(tenant, id) ?? []);
    return new Map(holds.map((hold) => [hold.id, hold]));
  }

  async renew(name: HoldName, expiresAt: number): Promise<number | undefined> {
    return renewHold(this.#book, name, expiresAt);
  }

  async shrink(name: HoldName, keepNanousd: bigint): Promise<bigint | undefined> {
    return shrinkHold(this.#book, name, keepNanousd);
  }

  async markStarted(names: readonly HoldName[]): Promise<void> {
    for (const name of names) startHold(this.#book, name);
  }

  async settle(settlements: readonly Settlement[]): Promise<void> {
    for (const settlement of settlements) settleHold(this.#book, settlement);
  }

  async void(name: HoldName, at: number, expiredAt?: number): Promise<boolean> {
    return voidHold(this.#book, name, at, expiredAt);
  }

  async expired(at: number): Promise<readonly Hold[]> {
    return [...this.#book.liveHolds()].filter(({ expiresAt }) => expiresAt <= at);
  }

  async balances(_tenant?: string, _accounts?: readonly AccountRef[]): Promise<readonly AccountView[]> {
    return this.#book.views();
  }

  async setLimits(changes: readonly LimitChange[]): Promise<void> {
    changeLimits(this.#book, changes);
  }

  async openHolds(): Promise<number> {
    return [...this.#book.liveHolds()].length;
  }

  readonly upkeep: HoldUpkeep = {
    isComplete: async () => true,
    markComplete: async () => undefined,
    live: async () => [...this.#book.liveHolds()],
    restore: async (holds) => {
      for (const hold of holds) putBack(this.#book, hold);
    },
    setSpent: async (rows) => {
      for (const row of rows) setSpent(this.#book, row);
    },
    setWindows: async (rows) => {
      openWindows(this.#book, rows);
    },
    forgetCounters: async () => undefined,
    forget: async () => undefined,
    forgetAccounts: async () => undefined,
  };

  async close(): Promise<void> {
    await Promise.resolve();
  }
}
