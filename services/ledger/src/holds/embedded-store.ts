import { setImmediate as nextTurn } from "node:timers/promises";
import type { Durability } from "@sluice/platform/sql";
import type { AccountRef } from "../accounts.ts";
import { EmbeddedBook } from "./embedded-book.ts";
import { HoldFile } from "./hold-file.ts";
import { changeLimit, placeHold, putBack, renewHold, settleHold, shrinkHold, startHold, voidHold } from "./machine.ts";
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
  SpentRow,
} from "./types.ts";

const COMPLETE = "complete";
const FORGET_AT_ONCE = 500;

/**
 * Holds of one process: decided in memory at once, made durable in one SQLite file. Everything decided in one turn of the
 * event loop is one transaction; a promise resolves after its commit. If the commit fails, the memory goes back to where it
 * was and every step of the turn is rejected.
 */
export class EmbeddedHoldStore implements HoldStore {
  readonly #file: HoldFile;
  readonly #book: EmbeddedBook;
  #turn: PromiseWithResolvers<void> | undefined;

  /** @throws unavailable when another process holds the file */
  constructor(file: string, durability: Durability = "process") {
    this.#file = new HoldFile(file, durability);
    this.#book = new EmbeddedBook(this.#file);
    for (const hold of this.#file.liveHolds()) putBack(this.#book, hold);
    this.#book.accept();
  }

  async place(terms: HoldTerms): Promise<Placement> {
    const outcome = placeHold(this.#book, terms);
    return { outcome, durable: this.#commit() };
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
    if (tenant === undefined) return [...this.#book.accounts()];
    if (accounts === undefined) return [...this.#book.accounts()].filter((view) => view.tenant === tenant);
    return accounts.flatMap((account) => this.#book.view(tenant, account) ?? []);
  }

  async setLimits(changes: readonly LimitChange[]): Promise<void> {
    await this.#durably(() => {
      for (const change of changes) changeLimit(this.#book, change);
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
        for (const row of rows) this.#overwriteSpent(row);
      }),
    forget: async (before) => {
      // In small steps, and all of them: what one round left behind would grow faster than the next one takes.
      for (let forgotten = FORGET_AT_ONCE; forgotten === FORGET_AT_ONCE; await nextTurn()) {
        this.#file.transaction(() => {
          forgotten = this.#file.forget(before, FORGET_AT_ONCE);
        });
      }
    },
  };

  async close(): Promise<void> {
    // Whoever asked for the commit has been told if it failed.
    await this.#turn?.promise.catch(() => undefined);
    this.#file.close();
  }

  #overwriteSpent({ tenant, account, spent }: SpentRow): void {
    this.#book.setAccount(tenant, account, { ...this.#book.account(tenant, account), spent });
  }

  async #durably<T>(step: () => T): Promise<T> {
    const result = step();
    await this.#commit();
    return result;
  }

  /** Joins the commit of this turn. */
  #commit(): Promise<void> {
    if (this.#turn === undefined) {
      this.#turn = Promise.withResolvers<void>();
      // A caller that only wants the decision may never look at this promise.
      this.#turn.promise.catch(() => undefined);
      setImmediate(() => this.#flush());
    }
    return this.#turn.promise;
  }

  #flush(): void {
    const turn = this.#turn;
    this.#turn = undefined;
    try {
      this.#file.transaction(() => this.#book.write());
      this.#book.accept();
      turn?.resolve();
    } catch (error) {
      this.#book.undo();
      turn?.reject(error);
    }
  }
}
