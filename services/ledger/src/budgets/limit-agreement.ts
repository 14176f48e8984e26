import { accountKey } from "../accounts.ts";
import type { AccountView, LimitChange } from "../holds/types.ts";
import type { AccountLimit } from "../store/limit-table.ts";
import { setLimits, type WindowOptions } from "./open-windows.ts";

export interface LimitAgreementOptions extends WindowOptions {
  readonly store: WindowOptions["store"] & { balances(): Promise<readonly AccountView[]> };
}

/** A limit that stays different for this long is none that is just being set. */
const STAYS_MS = 5_000;

/**
 * Compares the limits that are enforced with those in the books, and sets what stays different: a process may have died between the two, and two
 * that set the same limit may have reached them in different order.
 */
export class LimitAgreement {
  readonly #options: LimitAgreementOptions;
  /** What differed, and since when. */
  #seen = new Map<string, { readonly figures: string; readonly since: number }>();

  constructor(options: LimitAgreementOptions) {
    this.#options = options;
  }

  /** Looks once at what is enforced; returns how many limits it has set. */
  async look(views: readonly AccountView[]): Promise<number> {
    const { budgets, now } = this.#options;
    const at = now();
    const found = differencesOf(views, budgets.all());
    const before = this.#seen;
    this.#seen = new Map(
      found.map(({ name, figures }) => {
        const earlier = before.get(name);
        return [name, { figures, since: earlier?.figures === figures ? earlier.since : at }];
      }),
    );
    const stale = new Map([...this.#seen].filter(([, { since }]) => at - since >= STAYS_MS));
    return stale.size === 0 ? 0 : await this.#repair(stale);
  }

  /** Sets those limits that still differ as they did, both sides read anew. */
  async #repair(stale: ReadonlyMap<string, { readonly figures: string }>): Promise<number> {
    const { budgets, store } = this.#options;
    const views = await store.balances();
    await budgets.load();
    const again = differencesOf(views, budgets.all());
    const due = again.filter(({ name, figures }) => stale.get(name)?.figures === figures);
    for (const { name } of due) this.#seen.delete(name);
    if (due.length > 0)
      await setLimits(
        this.#options,
        due.map(({ change }) => change),
      );
    return due.length;
  }
}

interface LimitDifference {
  readonly name: string;
  /** What the books say. */
  readonly change: LimitChange;
  /** Both sides, for comparison. */
  readonly figures: string;
}

function differencesOf(views: readonly AccountView[], booked: readonly AccountLimit[]): readonly LimitDifference[] {
  const enforced = views.flatMap(({ tenant, account, limits }) =>
    limits.map((limit) => ({ ...limit, tenant, account })),
  );
  const sides = [enforced, booked].map(
    (limits) => new Map(limits.filter(isShared).map((each) => [nameOf(each), each])),
  );
  const [stored, wanted] = sides;
  return [...new Map([...(stored ?? []), ...(wanted ?? [])])].flatMap(([name, limit]) => {
    const figures = [stored?.get(name)?.limit, wanted?.get(name)?.limit];
    if (figures[0] === figures[1]) return [];
    return [{ name, change: { ...limit, limit: figures[1] }, figures: figures.join(" ") }];
  });
}

/** A session's hard limit may be its slice's, which the books do not have. */
function isShared({ account, window, soft }: AccountLimit): boolean {
  return account.kind !== "session" || window !== "total" || soft;
}

function nameOf({ tenant, account, window, unit, soft }: AccountLimit): string {
  return [tenant, window, unit, soft, accountKey(account)].join(" ");
}
