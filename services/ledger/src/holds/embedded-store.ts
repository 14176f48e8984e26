import { setImmediate as nextTurn } from "node:timers/promises";
import { Turn } from "@sluice/platform/journal";
import type { Durability } from "@sluice/platform/sql";
import type { AccountRef } from "../accounts.ts";
import { EmbeddedBook } from "./embedded-book.ts";
import { HoldFile } from "./hold-file.ts";
import { HoldJournal } from "./hold-journal.ts";
import { changeLimits, openWindows } from "./limits.ts";
import { placeHold, putBack, renewHold, setSpent, settleHold, shrinkHold, startHold, voidHold } from "./machine.ts";
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
} from "./types.ts";
import { KnownTimeZones, type TimeZones } from "./windows.ts";

const COMPLETE = "complete";
const FORGET_AT_ONCE = 500;

/** Steps are carried from the journal into the tables after this long at most. */
const SAVE_AFTER_MS = 500;
/** From so many holds and accounts on they are carried over at once. */
const UNSAVED_MAX = 4_000;

/**
 * Holds of one process: decided in memory at once, made durable at the end of a journal, carried into the tables of one SQLite file
 * many at a time. Everything decided in one turn of the event loop is one write; a promise resolves after it. If the write fails, the
 * memory goes back to where it was and every step of the turn is rejected.
 */
export class EmbeddedHoldStore implements HoldStore {
  readonly #file: HoldFile;
  readonly #journal: HoldJournal;
  readonly #book: EmbeddedBook;
  readonly #turn = new Turn(() => this.#write());
  #saving: NodeJS.Timeout | undefined;
  /** Why the last carrying over failed. */
  #failure: unknown;

  /** @throws unavailable when another process holds the file */
  constructor(file: string, durability: Durability = "process", zones: TimeZones = new KnownTimeZones()) {
    this.#file = new HoldFile(file, durability);
    this.#journal = new HoldJournal(`${file}-steps`, durability);
    this.#catchUp();
    this.#book = new EmbeddedBook(this.#file, zones);
    const live = this.#file.liveHolds();
    for (const hold of live) putBack(this.#book, hold);
    this.#book.accept();
    for (const hold of live) this.#book.found(hold);
  }

  async place(terms: HoldTerms): Promise<Placement> {
    const outcome = placeHold(this.#book, terms);
    return { outcome, durable: this.#turn.join() };
  }

  async find(names: readonly HoldName[]): Promise<ReadonlyMap<string, Hold>> {
    const found = new Map<string, Hold>();
    for (const { id, tenant } of names) {
      const hold = this.#book.hold(tenant, id);
      if (hold !== undefined) found.set(id, hold);
    }
    return found;
  }

  async renew(name: HoldName, expiresAt: number): Promise<number | undefined> {
    return await this.#durably(() => renewHold(this.#book, name, expiresAt));
  }

  async shrink(name: HoldName, keepNanousd: bigint): Promise<bigint | undefined> {
    return await this.#durably(() => shrinkHold(this.#book, name, keepNanousd));
  }

  async markStarted(names: readonly HoldName[]): Promise<void> {
    await this.#durably(() => {
      for (const name of names) startHold(this.#book, name);
    });
  }

  async settle(settlements: readonly Settlement[]): Promise<void> {
    await this.#durably(() => {
      for (const settlement of settlements) settleHold(this.#book, settlement);
    });
  }

  async void(name: HoldName, at: number, expiredAt?: number): Promise<boolean> {
    return await this.#durably(() => voidHold(this.#book, name, at, expiredAt));
  }

  async expired(at: number, most: number): Promise<readonly Hold[]> {
    const expired = [...this.#book.liveHolds()].filter((hold) => hold.expiresAt <= at);
    return expired.sort((a, b) => a.expiresAt - b.expiresAt).slice(0, most);
  }

  async balances(tenant?: string, accounts?: readonly AccountRef[]): Promise<readonly AccountView[]> {
    if (tenant === undefined || accounts === undefined) return this.#book.views(tenant);
    return accounts.flatMap((account) => this.#book.view(tenant, account) ?? []);
  }

  async setLimits(changes: readonly LimitChange[]): Promise<void> {
    await this.#durably(() => {
      changeLimits(this.#book, changes);
    });
  }

  async openHolds(): Promise<number> {
    return this.#book.liveCount;
  }

  readonly upkeep: HoldUpkeep = {
    isComplete: async () => this.#file.hasMark(COMPLETE),
    markComplete: async () => this.#file.transaction(() => this.#file.setMark(COMPLETE)),
    live: async () => [...this.#book.liveHolds()],
    restore: (holds) =>
      this.#durably(() => {
        for (const hold of holds) if (this.#book.hold(hold.tenant, hold.id) === undefined) putBack(this.#book, hold);
      }),
    setSpent: (rows) =>
      this.#durably(() => {
        for (const row of rows) setSpent(this.#book, row);
      }),
    setWindows: (rows) =>
      this.#durably(() => {
        openWindows(this.#book, rows);
      }),
    forgetCounters: async (before) => {
      this.#saveNow();
      if (this.#failure === undefined) this.#book.forgetWindows(before);
    },
    forget: async (before) => {
      // In small steps, and all of them: what one round left behind would grow faster than the next one takes.
      for (let forgotten = FORGET_AT_ONCE; forgotten === FORGET_AT_ONCE; await nextTurn()) {
        this.#file.transaction(() => {
          forgotten = this.#file.forget(before, FORGET_AT_ONCE);
        });
      }
    },
    forgetAccounts: async (accounts) => {
      this.#saveNow();
      if (this.#failure === undefined) this.#book.forgetAccounts(accounts);
    },
  };

  async close(): Promise<void> {
    // Whoever asked for the write has been told if it failed.
    this.#turn.end();
    this.#save();
    this.#journal.close();
    this.#file.close();
  }

  async #durably<T>(step: () => T): Promise<T> {
    const result = step();
    await this.#turn.join();
    return result;
  }

  #write(): void {
    try {
      // Tables that cannot be written for long would leave a journal without end.
      if (this.#book.unsaved >= UNSAVED_MAX * 10 && this.#failure !== undefined) throw this.#failure;
      this.#book.note(this.#journal);
      this.#journal.write();
      this.#book.accept();
    } catch (error) {
      this.#book.undo();
      throw error;
    }
    if (this.#book.unsaved >= UNSAVED_MAX) this.#save();
    else this.#saving ??= setTimeout(() => this.#saveNow(), SAVE_AFTER_MS).unref();
  }

  #saveNow(): void {
    this.#turn.end();
    this.#save();
  }

  #save(): void {
    clearTimeout(this.#saving);
    this.#saving = undefined;
    try {
      this.#book.save();
      this.#journal.clear();
      this.#failure = undefined;
    } catch (error) {
      // The journal keeps the steps; they are carried over with later ones.
      this.#failure = error;
    }
  }

  /** Carries the steps that an ended process left in the journal into the tables. */
  #catchUp(): void {
    const file = this.#file;
    const find = (tenant: string, id: string) => file.liveHold(tenant, id) ?? file.endedHold(tenant, id);
    const { holds, accounts, windows } = this.#journal.replay(find);
    file.transaction(() => {
      for (const hold of holds.values()) {
        file.putHold(hold);
        if (hold.state !== "live") file.dropLive(hold);
      }
      for (const row of accounts.values()) file.putAccount(row.tenant, row.account, row);
      for (const row of windows.values()) file.putWindow(row);
    });
    this.#journal.clear();
  }
}
