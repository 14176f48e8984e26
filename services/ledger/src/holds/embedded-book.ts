import { type AccountRef, accountKey } from "../accounts.ts";
import type { HoldFile } from "./hold-file.ts";
import { type Book, EMPTY_ACCOUNT } from "./machine.ts";
import type { AccountState, AccountView, Hold } from "./types.ts";

/**
 * All counters and live holds in memory, with a record of what changed since the last commit: `write` puts that into the
 * file, `undo` takes it back.
 */
export class EmbeddedBook implements Book {
  readonly #file: HoldFile;
  readonly #accounts = new Map<string, AccountView>();
  /** Live holds, and ended ones until they are in the file. */
  readonly #holds = new Map<string, Hold>();
  readonly #accountsBefore = new Map<string, AccountView | undefined>();
  readonly #holdsBefore = new Map<string, Hold | undefined>();

  constructor(file: HoldFile) {
    this.#file = file;
    for (const { tenant, account, state } of file.accounts()) {
      this.#accounts.set(nameOf(tenant, account), { ...state, tenant, account });
    }
  }

  account(tenant: string, account: AccountRef): AccountState {
    return this.#accounts.get(nameOf(tenant, account)) ?? EMPTY_ACCOUNT;
  }

  setAccount(tenant: string, account: AccountRef, state: AccountState): void {
    const name = nameOf(tenant, account);
    if (!this.#accountsBefore.has(name)) this.#accountsBefore.set(name, this.#accounts.get(name));
    const { limits, spent, held, openHolds } = state;
    this.#accounts.set(name, { tenant, account, limits, spent, held, openHolds });
  }

  hold(tenant: string, id: string): Hold | undefined {
    return this.#holds.get(holdName(tenant, id)) ?? this.#file.endedHold(tenant, id);
  }

  setHold(hold: Hold): void {
    const name = holdName(hold.tenant, hold.id);
    if (!this.#holdsBefore.has(name)) this.#holdsBefore.set(name, this.#holds.get(name));
    this.#holds.set(name, hold);
  }

  accounts(): IterableIterator<AccountView> {
    return this.#accounts.values();
  }

  view(tenant: string, account: AccountRef): AccountView | undefined {
    return this.#accounts.get(nameOf(tenant, account));
  }

  *liveHolds(): Generator<Hold> {
    for (const hold of this.#holds.values()) if (hold.state === "live") yield hold;
  }

  get liveCount(): number {
    return this.#holds.size;
  }

  /** Writes what changed; holds on an account are not written, since they follow from the live holds. */
  write(): void {
    for (const name of this.#holdsBefore.keys()) {
      const hold = this.#holds.get(name);
      if (hold !== undefined) this.#file.putHold(hold);
    }
    for (const [name, before] of this.#accountsBefore) {
      const now = this.#accounts.get(name);
      if (now !== undefined && (now.spent !== before?.spent || now.limits !== before.limits)) {
        this.#file.putAccount(now.tenant, now.account, now);
      }
    }
  }

  /** Call when what `write` wrote is committed: ended holds leave the memory. */
  accept(): void {
    for (const name of this.#holdsBefore.keys()) {
      if (this.#holds.get(name)?.state !== "live") this.#holds.delete(name);
    }
    this.#holdsBefore.clear();
    this.#accountsBefore.clear();
  }

  /** Takes back everything since the last commit. */
  undo(): void {
    for (const [name, before] of this.#holdsBefore) {
      if (before === undefined) this.#holds.delete(name);
      else this.#holds.set(name, before);
    }
    for (const [name, before] of this.#accountsBefore) {
      if (before === undefined) this.#accounts.delete(name);
      else this.#accounts.set(name, before);
    }
    this.#holdsBefore.clear();
    this.#accountsBefore.clear();
  }
}

function nameOf(tenant: string, account: AccountRef): string {
  return `${tenant} ${accountKey(account)}`;
}

function holdName(tenant: string, id: string): string {
  return `${tenant} ${id}`;
}
