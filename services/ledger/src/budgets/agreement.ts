import { isEnforced } from "../holds/sessions.ts";
import type { AccountView, HoldStore } from "../holds/types.ts";
import type { AccountWindow, Budgets } from "../store/budgets.ts";
import type { LedgerDatabase } from "../store/database.ts";
import { LedgerReader } from "../store/reader.ts";
import { chargedWindows } from "../store/rollups.ts";
import { whileStill } from "../store/still.ts";
import type { Turns } from "../turns.ts";
import { type Difference, differencesOf } from "./differences.ts";
import { LimitAgreement } from "./limit-agreement.ts";

export interface AgreementOptions {
  readonly store: HoldStore;
  readonly database: LedgerDatabase;
  readonly reader: LedgerReader;
  readonly budgets: Budgets;
  readonly turns: Turns;
  readonly now: () => number;
}

/** A difference that stays the same for this long is no fact in flight. */
const STAYS_MS = 5_000;

/**
 * Compares enforced counters with the books. They differ while facts are in flight; what stays different (a charge of a hold that the store had
 * forgotten, or one that two processes counted) is set to the books.
 */
export class Agreement {
  readonly #options: AgreementOptions;
  readonly #limits: LimitAgreement;
  /** What differed, and since when. */
  #seen = new Map<string, Difference & { readonly since: number }>();

  constructor(options: AgreementOptions) {
    this.#options = options;
    this.#limits = new LimitAgreement(options);
  }

  /** Looks once; returns what differs now, and how many counters and limits it has set. */
  async look(): Promise<{ readonly differing: readonly string[]; readonly repaired: number }> {
    const { store, reader, budgets, now } = this.#options;
    const at = now();
    const views = await store.balances();
    const windows = budgets.windowsAt(at);
    const sessions = views.filter((view) => view.account.kind === "session" && isEnforced(view));
    const charged = await reader.chargedWith(sessions);
    const found = differencesOf(views, charged, await reader.chargedWindows(windows));
    const before = this.#seen;
    this.#seen = new Map(
      found.map((difference) => {
        const earlier = before.get(difference.name);
        const since = earlier?.figures === difference.figures ? earlier.since : at;
        return [difference.name, { ...difference, since }];
      }),
    );
    const stale = [...this.#seen.values()].filter(({ since, missing }) => missing || at - since >= STAYS_MS);
    let repaired = await this.#limits.look(views);
    for (const difference of stale) if (await this.#repair(difference)) repaired++;
    return { differing: found.map(({ name }) => name), repaired };
  }

  /** Sets the counter to the books, if it still differs as it did. */
  async #repair(stale: Difference): Promise<boolean> {
    const { store, database, turns } = this.#options;
    const { tenant, account, window } = stale;
    return await turns.take(() =>
      whileStill(database, async (books) => {
        const charged = await new LedgerReader({ ...database, ...books }).charged(tenant, [account]);
        const windows = window === undefined ? [] : await chargedWindows(books, [window]);
        const views = await store.balances(tenant, [account]);
        const [again] = sameName(stale, views, { charged, windows });
        if (again?.figures !== stale.figures) return false;
        if (window === undefined) await store.upkeep.setSpent([{ tenant, account, spent: again.booked }]);
        else await store.upkeep.setWindows([{ ...startOf(window), tenant, account, spent: again.booked }]);
        this.#seen.delete(stale.name);
        return true;
      }),
    );
  }
}

type Booked = {
  readonly charged: Parameters<typeof differencesOf>[1];
  readonly windows: Parameters<typeof differencesOf>[2];
};

function sameName(
  stale: Difference,
  views: readonly AccountView[],
  { charged, windows }: Booked,
): readonly Difference[] {
  return differencesOf(views, charged, windows).filter(({ name }) => name === stale.name);
}

function startOf({ window, start }: AccountWindow): Pick<AccountWindow, "window" | "start"> {
  return { window, start };
}
