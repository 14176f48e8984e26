import { type AccountRef, accountKey, accountOfKey } from "../accounts.ts";
import { type Amounts, inUnit, minus, UNITS, type UnitName } from "../amounts.ts";
import type { LimitChange } from "../holds/types.ts";
import type { LedgerDatabase } from "./database.ts";
import type { Crossing } from "./events.ts";

/** An account's balance after a transaction, and what the transaction added. */
export interface BalanceChange {
  readonly tenant: string;
  readonly account: AccountRef;
  readonly after: Amounts;
  readonly added: Amounts;
}

/** The limits: kept in SQL, and in memory to see when one is crossed. */
export class Budgets {
  readonly #database: LedgerDatabase;
  readonly #percents: readonly number[];
  readonly #limits = new Map<string, Map<UnitName, bigint>>();

  constructor(database: LedgerDatabase, percents: readonly number[]) {
    this.#database = database;
    this.#percents = percents;
  }

  /** Reads all limits. */
  async load(): Promise<readonly LimitChange[]> {
    const rows = await this.#database.db.selectFrom("budgets").selectAll().execute();
    const changes = rows.flatMap(({ tenant, account, unit, amount }) => {
      const name = UNITS.find((each) => each === unit);
      return name === undefined ? [] : [{ tenant, account: accountOfKey(account), unit: name, limit: amount }];
    });
    for (const change of changes) this.#keep(change);
    return changes;
  }

  /** Sets or removes a limit for good. */
  async save(change: LimitChange): Promise<void> {
    const { tenant, unit, limit: amount } = change;
    const account = accountKey(change.account);
    const { db } = this.#database;
    if (amount === undefined) {
      const table = db.deleteFrom("budgets").where("tenant", "=", tenant);
      await table.where("account", "=", account).where("unit", "=", unit).execute();
    } else {
      await db
        .insertInto("budgets")
        .values({ tenant, account, window_name: "total", unit, soft: 0n, amount })
        .onConflict((conflict) =>
          conflict.columns(["tenant", "account", "window_name", "unit", "soft"]).doUpdateSet({ amount }),
        )
        .execute();
    }
    this.#keep(change);
  }

  /** Shares of limits that balances have just passed. */
  crossings(changes: readonly BalanceChange[], at: number): readonly Crossing[] {
    if (this.#limits.size === 0) return [];
    return changes.flatMap((change) => this.#crossingsOf(change, at));
  }

  #crossingsOf({ tenant, account, after, added }: BalanceChange, at: number): readonly Crossing[] {
    const before = minus(after, added);
    const crossings: Crossing[] = [];
    for (const [unit, limit] of this.#limits.get(nameOf(tenant, account)) ?? []) {
      const spent = inUnit(after, unit);
      const earlier = inUnit(before, unit);
      for (const percent of this.#percents) {
        const mark = limit * BigInt(percent);
        if (earlier * 100n < mark && spent * 100n >= mark) {
          crossings.push({ tenant, account, unit, limit, spent, percent, at });
        }
      }
    }
    return crossings;
  }

  #keep({ tenant, account, unit, limit }: LimitChange): void {
    const name = nameOf(tenant, account);
    const units = this.#limits.get(name) ?? new Map<UnitName, bigint>();
    if (limit === undefined) units.delete(unit);
    else units.set(unit, limit);
    if (units.size === 0) this.#limits.delete(name);
    else this.#limits.set(name, units);
  }
}

function nameOf(tenant: string, account: AccountRef): string {
  return `${tenant} ${accountKey(account)}`;
}
