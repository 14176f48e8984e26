import { type AccountRef, accountKey, accountOfKey } from "../accounts.ts";
import { type Amounts, inUnit, minus, UNITS } from "../amounts.ts";
import type { LimitChange } from "../holds/types.ts";
import { type CalendarWindow, instanceAt, isWindow, type TimeZones, type WindowName } from "../holds/windows.ts";
import type { LedgerDatabase } from "./database.ts";
import type { Crossing } from "./events.ts";
import { type AccountLimit, LimitTable } from "./limit-table.ts";
import { noteChange } from "./settings.ts";

/** An account's balance, or its sum in one instance of a window, after a transaction, and what the transaction added. */
export interface BalanceChange {
  readonly tenant: string;
  readonly account: AccountRef;
  readonly after: Amounts;
  readonly added: Amounts;
  /** Undefined for the balance. */
  readonly instance?: WindowInstance | undefined;
}

/** One instance of a window; times are epoch milliseconds. */
export interface WindowInstance {
  readonly window: CalendarWindow;
  readonly start: number;
  readonly end: number;
}

/** An account in one instance of a window. */
export interface AccountWindow extends WindowInstance {
  readonly tenant: string;
  readonly account: AccountRef;
}

/** The limits: kept in SQL, and in memory to see when one is crossed. */
export class Budgets {
  readonly #database: LedgerDatabase;
  readonly #zones: TimeZones;
  readonly #percents: readonly number[];
  #limits = new LimitTable();

  constructor(database: LedgerDatabase, percents: readonly number[], zones: TimeZones) {
    this.#database = database;
    this.#percents = percents;
    this.#zones = zones;
  }

  /** Reads all limits; within a transaction if one is given. */
  async load(db: LedgerDatabase["db"] = this.#database.db): Promise<readonly LimitChange[]> {
    const rows = await db.selectFrom("budgets").selectAll().execute();
    const changes = rows.flatMap(({ tenant, account, window_name, unit, soft, amount }) => {
      const name = UNITS.find((each) => each === unit);
      if (name === undefined || !isWindow(window_name)) return [];
      const about = { tenant, account: accountOfKey(account), window: window_name, soft: soft === 1n };
      return [{ ...about, unit: name, limit: amount }];
    });
    const limits = new LimitTable();
    for (const change of changes) limits.keep(change);
    this.#limits = limits;
    return changes;
  }

  /** Sets or removes a limit for good. */
  async save(change: LimitChange): Promise<void> {
    const { tenant, unit, window: window_name, limit: amount } = change;
    const soft = change.soft ? 1n : 0n;
    const account = accountKey(change.account);
    await this.#database.db.transaction().execute(async (db) => {
      if (amount === undefined) {
        const table = db.deleteFrom("budgets").where("tenant", "=", tenant).where("account", "=", account);
        await table.where("window_name", "=", window_name).where("unit", "=", unit).where("soft", "=", soft).execute();
      } else {
        await db
          .insertInto("budgets")
          .values({ tenant, account, window_name, unit, soft, amount })
          .onConflict((conflict) =>
            conflict.columns(["tenant", "account", "window_name", "unit", "soft"]).doUpdateSet({ amount }),
          )
          .execute();
      }
      await noteChange(db);
    });
    this.#limits.keep(change);
  }

  /** The limits of an account. */
  of(tenant: string, account: AccountRef): readonly AccountLimit[] {
    return this.#limits.of(tenant, account);
  }

  /** All limits of all tenants. */
  all(): readonly AccountLimit[] {
    return this.#limits.all();
  }

  /** All limits of a tenant. */
  ofTenant(tenant: string): readonly AccountLimit[] {
    return this.#limits.ofTenant(tenant);
  }

  /** Every account with a calendar limit, in the instance of its window at a moment (epoch milliseconds). */
  windowsAt(at: number, tenant?: string): readonly AccountWindow[] {
    return this.#limits.windowed(tenant).map(({ tenant: of, account, window }) => {
      return { tenant: of, account, ...this.instance(of, window, at) };
    });
  }

  /** The instance of a tenant's window that a moment (epoch milliseconds) is in. */
  instance(tenant: string, window: CalendarWindow, at: number): WindowInstance {
    const { start, end } = instanceAt(window, this.#zones.zoneOf(tenant), at);
    return { window, start, end };
  }

  /** The calendar windows in which an account has limits. */
  calendarsOf(tenant: string, account: AccountRef): readonly CalendarWindow[] {
    return this.#limits.calendarsOf(tenant, account);
  }

  /** Shares of limits that balances and windows have just passed. */
  crossings(changes: readonly BalanceChange[], at: number): readonly Crossing[] {
    if (this.#limits.size === 0) return [];
    return changes.flatMap((change) => this.#crossingsOf(change, at));
  }

  #crossingsOf({ tenant, account, after, added, instance }: BalanceChange, at: number): readonly Crossing[] {
    const before = minus(after, added);
    const crossings: Crossing[] = [];
    const window: WindowName = instance?.window ?? "total";
    for (const { unit, limit, soft, ...of } of this.#limits.of(tenant, account)) {
      if (of.window !== window) continue;
      const spent = inUnit(after, unit);
      const earlier = inUnit(before, unit);
      for (const percent of this.#percentsOf(soft)) {
        const mark = limit * BigInt(percent);
        if (earlier * 100n < mark && spent * 100n >= mark) {
          const name = { tenant, account, unit, window, soft, start: instance?.start ?? 0 };
          crossings.push({ ...name, limit, spent, percent, at });
        }
      }
    }
    return crossings;
  }

  /** That a soft limit is reached is always told: nothing else happens then. */
  #percentsOf(soft: boolean): readonly number[] {
    return soft && !this.#percents.includes(100) ? [...this.#percents, 100] : this.#percents;
  }
}
