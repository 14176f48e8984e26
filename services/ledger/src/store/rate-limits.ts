import { accountKey, accountOfKey } from "../accounts.ts";
import type { RateLimitRow, RateLimitTable } from "../rates/rate-keeper.ts";
import type { LedgerDatabase } from "./database.ts";
import { noteChange } from "./settings.ts";

/** Rate limits in SQL. A change raises the number by which other processes see that there is something to read. */
export class SqlRateLimits implements RateLimitTable {
  readonly #database: LedgerDatabase;

  constructor(database: LedgerDatabase) {
    this.#database = database;
  }

  async load(): Promise<readonly RateLimitRow[]> {
    const rows = await this.#database.db.selectFrom("rate_limits").selectAll().execute();
    return rows.map(({ tenant, account, requests_per_minute: requests, tokens_per_minute: tokens }) => ({
      tenant,
      account: accountOfKey(account),
      limits: {
        ...(requests !== null && { requests: Number(requests) }),
        ...(tokens !== null && { tokens: Number(tokens) }),
      },
    }));
  }

  async save({ tenant, account, limits }: RateLimitRow): Promise<void> {
    const name = accountKey(account);
    const { requests, tokens } = limits;
    await this.#database.db.transaction().execute(async (db) => {
      await db.deleteFrom("rate_limits").where("tenant", "=", tenant).where("account", "=", name).execute();
      if (requests !== undefined || tokens !== undefined) {
        const figures = { requests_per_minute: inSql(requests), tokens_per_minute: inSql(tokens) };
        await db
          .insertInto("rate_limits")
          .values({ tenant, account: name, ...figures })
          .execute();
      }
      await noteChange(db);
    });
  }
}

function inSql(figure: number | undefined): bigint | null {
  return figure === undefined ? null : BigInt(figure);
}
