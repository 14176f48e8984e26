import { type AccountRef, accountKey } from "../accounts.ts";
import type { HoldFile } from "./hold-file.ts";
import type { HoldJournal } from "./hold-journal.ts";
import { type Book, EMPTY_ACCOUNT } from "./machine.ts";
import type { AccountState, AccountView, Hold } from "./types.ts";

/**
 * All counters and live holds in memory, with a record of what changed since the last write (`note` puts that into the journal, `undo`
 * takes it back) and of what the tables do not have yet (`save`).
 */
export class EmbeddedBook implements Book {
  readonly #file: HoldFile;
  readonly #accounts = new Map<string, AccountView>();
  readonly #live = new Map<string, Hold>();
  /** Ended holds that are not in the tables yet. */
  readonly #ended = new Map<string, Hold>();
  readonly #accountsBefore = new Map<string, AccountView | undefined>();
  readonly #holdsBefore = new Map<string, Hold | undefined>();
  readonly #unsavedAccounts = new Set<string>();
  readonly #unsavedHolds = new Set<string>();
  /** Live holds that the tables have as such. */
  readonly #savedLive = new Set<string>();
  readonly #newestEnded = new Map<string, string>();
  /** Names of accounts by tenant and key: a text made anew would have to be hashed at every look. */
  readonly #names = new Map<string, Map<string, string>>();

  constructor(file: HoldFile) {
    this.#file = file;
    for (const { tenant, account, state } of file.accounts()) {
      this.#accounts.set(this.#nameOf(tenant, account), { ...state, tenant, account });
    }
  }

  account(tenant: string, account: AccountRef): AccountState {
    return this.#accounts.get(this.#nameOf(tenant, account)) ?? EMPTY_ACCOUNT;
  }

  setAccount(tenant: string, account: AccountRef, state: AccountState): void {
    const name = this.#nameOf(tenant, account);
    const before = this.#accounts.get(name);
    if (!this.#accountsBefore.has(name)) this.#accountsBefore.set(name, before);
    const { limits, spent, held, openHolds } = state;
    this.#accounts.set(name, { tenant, account, limits, spent, held, openHolds });
  }

  hold(tenant: string, id: string): Hold | undefined {
    const name = holdName(tenant, id);
    return this.#live.get(name) ?? this.#ended.get(name) ?? this.#endedInFile(tenant, id);
  }

  setHold(hold: Hold): void {
    const name = holdName(hold.tenant, hold.id);
    if (!this.#holdsBefore.has(name)) this.#holdsBefore.set(name, this.hold(hold.tenant, hold.id));
    this.#put(name, hold);
  }

  /** A live hold of the tables, as it was found at the start. */
  found(hold: Hold): void {
    const name = holdName(hold.tenant, hold.id);
    this.#savedLive.add(name);
    this.#unsavedHolds.delete(name);
  }

  accounts(): IterableIterator<AccountView> {
    return this.#accounts.values();
  }

  view(tenant: string, account: AccountRef): AccountView | undefined {
    return this.#accounts.get(this.#nameOf(tenant, account));
  }

  liveHolds(): IterableIterator<Hold> {
    return this.#live.values();
  }

  get liveCount(): number {
    return this.#live.size;
  }

  /** Holds and accounts that the tables do not have yet. */
  get unsaved(): number {
    return this.#unsavedHolds.size + this.#unsavedAccounts.size;
  }

  /** Notes what changed; holds on an account are not noted, since they follow from the live holds. */
  note(journal: HoldJournal): void {
    for (const [name, before] of this.#holdsBefore) {
      const hold = this.#live.get(name) ?? this.#ended.get(name);
      if (hold !== undefined) journal.addHold(hold, before !== undefined);
    }
    for (const [name, before] of this.#accountsBefore) {
      const now = this.#accounts.get(name);
      if (now !== undefined && differs(now, before)) journal.addAccount(now);
    }
  }

  /** Call when what was noted is durable. */
  accept(): void {
    for (const name of this.#holdsBefore.keys()) this.#unsavedHolds.add(name);
    for (const [name, before] of this.#accountsBefore) {
      if (differs(this.#accounts.get(name), before)) this.#unsavedAccounts.add(name);
    }
    this.#holdsBefore.clear();
    this.#accountsBefore.clear();
  }

  /** Takes back everything since the last `accept`. */
  undo(): void {
    for (const [name, before] of this.#holdsBefore) {
      this.#live.delete(name);
      this.#ended.delete(name);
      // An ended one that was not in memory is in the tables.
      if (before !== undefined && (before.state === "live" || this.#unsavedHolds.has(name))) this.#put(name, before);
    }
    for (const [name, before] of this.#accountsBefore) {
      if (before === undefined) this.#accounts.delete(name);
      else this.#accounts.set(name, before);
    }
    this.#holdsBefore.clear();
    this.#accountsBefore.clear();
  }

  /** Carries everything that was accepted into the tables, in one transaction. Nothing may be waiting to be accepted. @throws overloaded */
  save(): void {
    this.#file.transaction(() => {
      for (const name of this.#unsavedHolds) {
        const hold = this.#live.get(name) ?? this.#ended.get(name);
        if (hold === undefined) continue;
        this.#file.putHold(hold);
        if (hold.state !== "live" && this.#savedLive.has(name)) this.#file.dropLive(hold);
      }
      for (const name of this.#unsavedAccounts) {
        const account = this.#accounts.get(name);
        if (account !== undefined) this.#file.putAccount(account.tenant, account.account, account);
      }
    });
    for (const name of this.#unsavedHolds) {
      if (this.#live.has(name)) this.#savedLive.add(name);
      else this.#savedLive.delete(name);
    }
    for (const hold of this.#ended.values()) {
      if (hold.id > this.#newestEndedOf(hold.tenant)) this.#newestEnded.set(hold.tenant, hold.id);
    }
    this.#ended.clear();
    this.#unsavedHolds.clear();
    this.#unsavedAccounts.clear();
  }

  #nameOf(tenant: string, account: AccountRef): string {
    const key = accountKey(account);
    let names = this.#names.get(tenant);
    if (names === undefined) {
      names = new Map();
      this.#names.set(tenant, names);
    }
    let name = names.get(key);
    if (name === undefined) {
      name = `${tenant} ${key}`;
      // Only of accounts that are in memory themselves: others may be asked about without end.
      if (this.#accounts.has(name)) names.set(key, name);
    }
    return name;
  }

  #put(name: string, hold: Hold): void {
    const [into, from] = hold.state === "live" ? [this.#live, this.#ended] : [this.#ended, this.#live];
    from.delete(name);
    into.set(name, hold);
  }

  /** Ids grow with time, so that most of those that are asked about for the first time are behind all that the tables have. */
  #endedInFile(tenant: string, id: string): Hold | undefined {
    return id > this.#newestEndedOf(tenant) ? undefined : this.#file.endedHold(tenant, id);
  }

  #newestEndedOf(tenant: string): string {
    let newest = this.#newestEnded.get(tenant);
    if (newest === undefined) {
      newest = this.#file.newestEnded(tenant);
      this.#newestEnded.set(tenant, newest);
    }
    return newest;
  }
}

function differs(now: AccountView | undefined, before: AccountView | undefined): boolean {
  return now?.spent !== before?.spent || now?.limits !== before?.limits;
}

function holdName(tenant: string, id: string): string {
  return `${tenant} ${id}`;
}
