import { type AccountRef, accountKey } from "../accounts.ts";
import { NOTHING, sameAmounts } from "../amounts.ts";
import { type Book, EMPTY_ACCOUNT } from "./book.ts";
import type { HoldFile } from "./hold-file.ts";
import type { HoldJournal } from "./hold-journal.ts";
import type { AccountName, AccountState, AccountView, CounterState, Hold } from "./types.ts";
import { instanceOfName, latestEnd, type TimeZones } from "./windows.ts";

type KeptAccount = Omit<AccountView, "windows">;

/** Which counter of which window. */
interface WindowName {
  readonly tenant: string;
  readonly account: AccountRef;
  readonly instance: string;
}

/**
 * All counters and live holds in memory, with a record of what changed since the last write (`note` puts that into the journal, `undo`
 * takes it back) and of what the tables do not have yet (`save`).
 */
export class EmbeddedBook implements Book {
  readonly #file: HoldFile;
  readonly #accounts = new Map<string, KeptAccount>();
  /** Counters of windows by name of the account and of the instance. */
  readonly #windows = new Map<string, Map<string, CounterState>>();
  readonly #live = new Map<string, Hold>();
  /** Ended holds that are not in the tables yet. */
  readonly #ended = new Map<string, Hold>();
  readonly #accountsBefore = new Map<string, KeptAccount | undefined>();
  readonly #holdsBefore = new Map<string, Hold | undefined>();
  readonly #windowsBefore = new Map<string, { readonly name: WindowName; readonly before: CounterState | undefined }>();
  readonly #unsavedAccounts = new Set<string>();
  readonly #unsavedWindows = new Map<string, WindowName>();
  readonly #unsavedHolds = new Set<string>();
  /** Live holds that the tables have as such. */
  readonly #savedLive = new Set<string>();
  readonly #newestEnded = new Map<string, string>();
  /** Names of accounts by tenant and key: a text made anew would have to be hashed at every look. */
  readonly #names = new Map<string, Map<string, string>>();

  readonly zones: TimeZones;

  constructor(file: HoldFile, zones: TimeZones) {
    this.#file = file;
    this.zones = zones;
    for (const { tenant, account, state } of file.accounts()) {
      this.#accounts.set(this.#nameOf(tenant, account), { ...state, tenant, account });
    }
    for (const { spent, ...name } of file.windows()) this.#putWindow(name, { spent, held: NOTHING, openHolds: 0 });
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

  windows(tenant: string, account: AccountRef): ReadonlyMap<string, CounterState> | undefined {
    return this.#windows.size === 0 ? undefined : this.#windows.get(this.#nameOf(tenant, account));
  }

  setWindow(tenant: string, account: AccountRef, instance: string, state: CounterState): void {
    const name = { tenant, account, instance };
    const key = this.#windowKey(name);
    if (!this.#windowsBefore.has(key)) {
      this.#windowsBefore.set(key, { name, before: this.windows(tenant, account)?.get(instance) });
    }
    this.#putWindow(name, state);
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

  /** Accounts with their windows: of the tenant, or all. */
  views(tenant?: string): readonly AccountView[] {
    const kept = [...this.#accounts.values()];
    return (tenant === undefined ? kept : kept.filter((each) => each.tenant === tenant)).map((each) =>
      this.#viewOf(each),
    );
  }

  view(tenant: string, account: AccountRef): AccountView | undefined {
    const kept = this.#accounts.get(this.#nameOf(tenant, account));
    return kept === undefined ? undefined : this.#viewOf(kept);
  }

  liveHolds(): IterableIterator<Hold> {
    return this.#live.values();
  }

  get liveCount(): number {
    return this.#live.size;
  }

  /** Holds and accounts that the tables do not have yet. */
  get unsaved(): number {
    return this.#unsavedHolds.size + this.#unsavedAccounts.size + this.#unsavedWindows.size;
  }

  /** Notes what changed; holds on an account are not noted, since they follow from the live holds. */
  note(journal: HoldJournal): void {
    for (const [name, before] of this.#holdsBefore) {
      const hold = this.#live.get(name) ?? this.#ended.get(name);
      if (hold !== undefined) journal.addHold(hold, before);
    }
    for (const [name, before] of this.#accountsBefore) {
      const now = this.#accounts.get(name);
      if (now !== undefined && differs(now, before)) journal.addAccount(now);
    }
    for (const { name, before } of this.#windowsBefore.values()) {
      const now = this.windows(name.tenant, name.account)?.get(name.instance);
      if (now !== undefined && now.spent !== before?.spent) journal.addWindow({ ...name, spent: now.spent });
    }
  }

  /** Call when what was noted is durable. */
  accept(): void {
    for (const name of this.#holdsBefore.keys()) this.#unsavedHolds.add(name);
    for (const [name, before] of this.#accountsBefore) {
      if (differs(this.#accounts.get(name), before)) this.#unsavedAccounts.add(name);
    }
    for (const [key, { name, before }] of this.#windowsBefore) {
      const now = this.windows(name.tenant, name.account)?.get(name.instance);
      if (now?.spent !== before?.spent) this.#unsavedWindows.set(key, name);
    }
    this.#forgetBefore();
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
    for (const { name, before } of this.#windowsBefore.values()) {
      if (before === undefined) this.#dropWindow(name);
      else this.#putWindow(name, before);
    }
    this.#forgetBefore();
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
      for (const name of this.#unsavedWindows.values()) {
        const counter = this.windows(name.tenant, name.account)?.get(name.instance);
        if (counter !== undefined) this.#file.putWindow({ ...name, spent: counter.spent });
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
    this.#unsavedWindows.clear();
  }

  /** Forgets windows that ended before the moment. Everything must be saved. @throws overloaded */
  forgetWindows(before: number): void {
    const over: WindowName[] = [];
    for (const { tenant, account } of this.#accounts.values()) {
      for (const instance of this.windows(tenant, account)?.keys() ?? []) {
        const named = instanceOfName(instance);
        if (named !== undefined && latestEnd(named.window, named.start) < before)
          over.push({ tenant, account, instance });
      }
    }
    if (over.length === 0) return;
    this.#file.transaction(() => {
      for (const name of over) this.#file.dropWindow(name);
    });
    for (const name of over) this.#dropWindow(name);
  }

  /** Forgets accounts without limits and holds. Everything must be saved. @throws overloaded */
  forgetAccounts(accounts: readonly AccountName[]): void {
    const over = accounts.flatMap((name) => {
      const kept = this.#accounts.get(this.#nameOf(name.tenant, name.account));
      if (kept === undefined || kept.limits.length > 0 || kept.openHolds > 0) return [];
      // Windows of a limit that was removed are forgotten first.
      const isFree = sameAmounts(kept.held, NOTHING) && this.windows(name.tenant, name.account) === undefined;
      return isFree ? [kept] : [];
    });
    if (over.length === 0) return;
    this.#file.transaction(() => {
      for (const { tenant, account } of over) this.#file.dropAccount({ tenant, account });
    });
    for (const { tenant, account } of over) {
      this.#accounts.delete(this.#nameOf(tenant, account));
      this.#names.get(tenant)?.delete(accountKey(account));
    }
  }

  #viewOf(kept: KeptAccount): AccountView {
    const windows = [...(this.windows(kept.tenant, kept.account) ?? [])].flatMap(([instance, state]) => {
      const named = instanceOfName(instance);
      return named === undefined ? [] : [{ ...named, ...state }];
    });
    return { ...kept, windows };
  }

  #windowKey({ tenant, account, instance }: WindowName): string {
    return `${instance} ${this.#nameOf(tenant, account)}`;
  }

  #putWindow({ tenant, account, instance }: WindowName, state: CounterState): void {
    const name = this.#nameOf(tenant, account);
    const windows = this.#windows.get(name);
    if (windows === undefined) this.#windows.set(name, new Map([[instance, state]]));
    else windows.set(instance, state);
  }

  #dropWindow({ tenant, account, instance }: WindowName): void {
    const name = this.#nameOf(tenant, account);
    const windows = this.#windows.get(name);
    windows?.delete(instance);
    if (windows?.size === 0) this.#windows.delete(name);
  }

  #forgetBefore(): void {
    this.#holdsBefore.clear();
    this.#accountsBefore.clear();
    this.#windowsBefore.clear();
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

function differs(now: KeptAccount | undefined, before: KeptAccount | undefined): boolean {
  return now?.spent !== before?.spent || now?.limits !== before?.limits;
}

function holdName(tenant: string, id: string): string {
  return `${tenant} ${id}`;
}
