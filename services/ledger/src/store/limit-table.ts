import { type AccountRef, accountKey } from "../accounts.ts";
import type { Limit, LimitChange } from "../holds/types.ts";
import { CALENDAR_WINDOWS, type CalendarWindow } from "../holds/windows.ts";

/** A limit with the account it is for. */
export interface AccountLimit extends Limit {
  readonly tenant: string;
  readonly account: AccountRef;
}

const NONE: readonly AccountLimit[] = [];

/** All limits in memory, by account. */
export class LimitTable {
  readonly #limits = new Map<string, readonly AccountLimit[]>();

  /** Accounts with limits. */
  get size(): number {
    return this.#limits.size;
  }

  /** Takes up a change. */
  keep({ tenant, account, unit, window, soft, limit }: LimitChange): void {
    const name = nameOf(tenant, account);
    const others = (this.#limits.get(name) ?? NONE).filter(
      (each) => each.unit !== unit || each.window !== window || each.soft !== soft,
    );
    const all = limit === undefined ? others : [...others, { tenant, account, unit, window, soft, limit }];
    if (all.length === 0) this.#limits.delete(name);
    else this.#limits.set(name, all);
  }

  of(tenant: string, account: AccountRef): readonly AccountLimit[] {
    return this.#limits.get(nameOf(tenant, account)) ?? NONE;
  }

  calendarsOf(tenant: string, account: AccountRef): readonly CalendarWindow[] {
    if (this.#limits.size === 0) return [];
    const limits = this.of(tenant, account);
    return CALENDAR_WINDOWS.filter((window) => limits.some((each) => each.window === window));
  }

  all(): readonly AccountLimit[] {
    return [...this.#limits.values()].flat();
  }

  ofTenant(tenant: string): readonly AccountLimit[] {
    return [...this.#limits.values()].flatMap((limits) => (limits[0]?.tenant === tenant ? limits : []));
  }

  /** Every account and calendar window with a limit, each once. */
  windowed(tenant?: string): readonly { tenant: string; account: AccountRef; window: CalendarWindow }[] {
    return [...this.#limits.values()].flatMap((limits) => {
      const [first] = limits;
      if (first === undefined || (tenant !== undefined && first.tenant !== tenant)) return [];
      const { tenant: of, account } = first;
      return this.calendarsOf(of, account).map((window) => ({ tenant: of, account, window }));
    });
  }
}

function nameOf(tenant: string, account: AccountRef): string {
  return `${tenant} ${accountKey(account)}`;
}
