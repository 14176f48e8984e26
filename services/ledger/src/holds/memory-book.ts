import { type AccountRef, accountKey } from "../accounts.ts";
import { type Book, EMPTY_ACCOUNT } from "./book.ts";
import type { AccountState, AccountView, CounterState, Hold } from "./types.ts";
import { instanceName, instanceOfName, KnownTimeZones, type TimeZones } from "./windows.ts";

interface KeptAccount {
  readonly tenant: string;
  readonly account: AccountRef;
  readonly state: AccountState;
}

/** A book that nobody keeps: to find out what a step would do. */
export class MemoryBook implements Book {
  readonly zones: TimeZones;
  readonly #accounts = new Map<string, KeptAccount>();
  readonly #windows = new Map<string, Map<string, CounterState>>();
  readonly #holds = new Map<string, Hold>();

  /** Begins with these counters and holds. */
  constructor(zones: TimeZones = new KnownTimeZones(), views: readonly AccountView[] = [], holds: Iterable<Hold> = []) {
    this.zones = zones;
    for (const { tenant, account, windows, ...state } of views) {
      this.setAccount(tenant, account, state);
      for (const { window, start, ...counter } of windows) {
        this.setWindow(tenant, account, instanceName(window, start), counter);
      }
    }
    for (const hold of holds) this.setHold(hold);
  }

  account(tenant: string, account: AccountRef): AccountState {
    return this.#accounts.get(nameOf(tenant, account))?.state ?? EMPTY_ACCOUNT;
  }

  setAccount(tenant: string, account: AccountRef, state: AccountState): void {
    this.#accounts.set(nameOf(tenant, account), { tenant, account, state });
  }

  windows(tenant: string, account: AccountRef): ReadonlyMap<string, CounterState> | undefined {
    return this.#windows.get(nameOf(tenant, account));
  }

  setWindow(tenant: string, account: AccountRef, instance: string, state: CounterState): void {
    const name = nameOf(tenant, account);
    const windows = this.#windows.get(name) ?? new Map<string, CounterState>();
    this.#windows.set(name, windows.set(instance, state));
  }

  hold(tenant: string, id: string): Hold | undefined {
    return this.#holds.get(`${tenant} ${id}`);
  }

  setHold(hold: Hold): void {
    this.#holds.set(`${hold.tenant} ${hold.id}`, hold);
  }

  holds(): readonly Hold[] {
    return [...this.#holds.values()];
  }

  /** All accounts with their windows. */
  views(): readonly AccountView[] {
    return [...this.#accounts.values()].map(({ tenant, account, state }) => {
      const windows = [...(this.windows(tenant, account) ?? [])].flatMap(([instance, counter]) => {
        const named = instanceOfName(instance);
        return named === undefined ? [] : [{ ...named, ...counter }];
      });
      return { ...state, tenant, account, windows };
    });
  }

  liveHolds(): Iterable<Hold> {
    return this.holds().filter(({ state }) => state === "live");
  }
}

function nameOf(tenant: string, account: AccountRef): string {
  return `${tenant} ${accountKey(account)}`;
}
