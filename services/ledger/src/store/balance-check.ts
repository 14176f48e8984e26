import { setImmediate as nextTurn } from "node:timers/promises";
import type { Kysely } from "kysely";
import type { Turns } from "../turns.ts";
import {
  addEntries,
  beginAnew,
  type ComparedPage,
  comparePage,
  lastPosting,
  lockProgress,
  type Page,
  type PageStart,
  type Pass,
  progressOf,
} from "./check-sums.ts";
import type { LedgerDatabase } from "./database.ts";
import type { LedgerSchema } from "./schema.ts";
import { whileStill } from "./still.ts";

export interface BalanceCheckResult {
  /** Accounts whose entries, balance and spans of time do not agree. */
  readonly differing: readonly string[];
  /** False if entries do not sum to zero somewhere. */
  readonly zero: boolean;
  /** Postings that are not in the sums yet: the comparison waits for them. */
  readonly behind: bigint;
}

/** Most steps of one run: after a long time without a check the rest is left to the next run. */
const STEPS_MAX = 1_000;
/** Steps of the second pass in each run. */
const STEPS_AGAIN = 5;
/** Accounts compared while the books are still. */
const ACCOUNTS_AT_ONCE = 1_000;
/** Most postings that are added to the sums while the books are still: everything that is to be booked waits meanwhile. */
const BEHIND_MAX = 10_000n;
/** An account may have many quarter hours, so that fewer are compared at once, and not all of them in each run. */
const ROLLUPS_AT_ONCE = 20;
const ROLLUP_PAGES_MAX = 50;
const BEGINNING: PageStart = { tenant: "", account: "" };

/**
 * Proves that entries sum to zero, that balances and days are the sums of entries, and days those of the shorter spans in them. The sums of entries are
 * kept beside the books, so that a run reads only what came since the last one, whoever made that; a second pass goes through all entries
 * again, a little in each run.
 */
export class BalanceCheck {
  readonly #database: LedgerDatabase;
  readonly #turns: Turns;
  readonly #differing = { balances: new Set<string>(), rollups: new Set<string>(), again: new Set<string>() };
  #zero = true;
  #rollupsAfter = BEGINNING;
  readonly #rollupsFound: string[] = [];
  #running: Promise<BalanceCheckResult> | undefined;

  constructor(database: LedgerDatabase, turns: Turns) {
    this.#database = database;
    this.#turns = turns;
  }

  /** Looks at everything once; calls at the same time share one run. */
  async run(): Promise<BalanceCheckResult> {
    this.#running ??= this.#check().finally(() => {
      this.#running = undefined;
    });
    return await this.#running;
  }

  async #check(): Promise<BalanceCheckResult> {
    const { db } = this.#database;
    const behind = await this.#follow(1n, STEPS_MAX);
    if (behind <= 0n) {
      await this.#compareBalances(1n, this.#differing.balances);
      await this.#compareRollups();
      if ((await this.#follow(2n, STEPS_AGAIN)) <= 0n) {
        const compared = await this.#compareBalances(2n, this.#differing.again);
        if (compared) await db.transaction().execute((transaction) => beginAnew(transaction, 2n));
      }
    }
    const { balances, rollups, again } = this.#differing;
    const differing = [...new Set([...balances, ...again, ...rollups])];
    return { differing, zero: this.#zero, behind: behind > 0n ? behind : 0n };
  }

  /** Takes the next entries into the sums; returns how many postings are left. */
  async #follow(pass: Pass, steps: number): Promise<bigint> {
    const { db } = this.#database;
    const goal = await lastPosting(db);
    let done = await progressOf(db, pass);
    for (let step = 0; step < steps && done < goal; step++) {
      const added = await db.transaction().execute((transaction) => addEntries(transaction, pass, goal));
      if (added === undefined) done = await progressOf(db, pass);
      else {
        done = added.sequence;
        if (!added.zero) this.#zero = false;
      }
      await nextTurn();
    }
    return goal - done;
  }

  /** False if it was given up half-way. */
  async #compareBalances(pass: Pass, found: Set<string>): Promise<boolean> {
    const differing: string[] = [];
    let after: PageStart | undefined = BEGINNING;
    while (after !== undefined) {
      const page = await this.#comparePage({ pass, table: "balances", after, accounts: ACCOUNTS_AT_ONCE });
      if (page === undefined) return false;
      differing.push(...page.differing);
      after = page.last;
      await nextTurn();
    }
    found.clear();
    for (const name of differing) found.add(name);
    return true;
  }

  /** A part of all accounts, the next part in the next run; what was found stays until all have had their turn again. */
  async #compareRollups(): Promise<void> {
    const { rollups } = this.#differing;
    for (let pages = 0; pages < ROLLUP_PAGES_MAX; pages++) {
      const after = this.#rollupsAfter;
      const page = await this.#comparePage({ pass: 1n, table: "rollups", after, accounts: ROLLUPS_AT_ONCE });
      if (page === undefined) return;
      this.#rollupsFound.push(...page.differing);
      for (const name of page.differing) rollups.add(name);
      this.#rollupsAfter = page.last ?? BEGINNING;
      if (page.last === undefined) {
        this.#differing.rollups = new Set(this.#rollupsFound.splice(0));
        return;
      }
      await nextTurn();
    }
  }

  /** Undefined if the sums are too far behind to be brought up while the books are still. */
  async #comparePage(page: Page): Promise<ComparedPage | undefined> {
    const compare = async (db: Kysely<LedgerSchema>): Promise<ComparedPage | undefined> =>
      (await this.#catchUp(db, page.pass)) ? await comparePage(db, page) : undefined;
    return await this.#turns.take(() =>
      whileStill(this.#database, ({ kind, db }) =>
        kind === "sqlite" ? db.transaction().execute(compare) : compare(db),
      ),
    );
  }

  /**
   * The few postings that came since `follow`, so that both sides end with the same one; until the transaction ends, no other process
   * changes the sums. False if there are many: another process has begun the pass anew.
   */
  async #catchUp(db: Kysely<LedgerSchema>, pass: Pass): Promise<boolean> {
    const goal = await lastPosting(db);
    let done = await lockProgress(db, pass);
    if (goal - done > BEHIND_MAX) return false;
    while (done < goal) {
      const added = await addEntries(db, pass, goal);
      if (added === undefined) return false;
      if (!added.zero) this.#zero = false;
      done = added.sequence;
    }
    return true;
  }
}
