import { type AccountRef, accountKey, accountOfKey } from "../accounts.ts";
import type { AccountName, SpentRow } from "../holds/types.ts";
import type { AccountWindow } from "./budgets.ts";
import type { LedgerDatabase } from "./database.ts";
import { type ChargedWindow, chargedWindows } from "./rollups.ts";
import type { BalancesTable, PostingsTable } from "./schema.ts";

export interface PostingFilter {
  readonly tenant?: string | undefined;
  readonly requestId?: string | undefined;
  readonly after: bigint;
  readonly most: number;
}

const NAMED_AT_ONCE = 500;

/** Reads the books; never changes them. */
export class LedgerReader {
  readonly #database: LedgerDatabase;

  constructor(database: LedgerDatabase) {
    this.#database = database;
  }

  /** What accounts were charged with: those named, all of the tenant, or all there are. Providers' sides are left out. */
  async charged(tenant?: string, accounts?: readonly AccountRef[]): Promise<readonly SpentRow[]> {
    let query = this.#database.db.selectFrom("balances").selectAll().where("account", "not like", "provider:%");
    if (tenant !== undefined) query = query.where("tenant", "=", tenant);
    if (accounts !== undefined) query = query.where("account", "in", accounts.map(accountKey));
    return (await query.execute()).map(spentOf);
  }

  /** What all accounts were charged with; of sessions, of which there are ever more, those that are named. */
  async chargedWith(sessions: readonly AccountName[]): Promise<readonly SpentRow[]> {
    const query = this.#database.db.selectFrom("balances").selectAll().where("account", "not like", "provider:%");
    const rows = (await query.where("account", "not like", "session:%").execute()).map(spentOf);
    return [...rows, ...(await this.chargedOf(sessions))];
  }

  /** What these accounts were charged with, of whatever tenants. */
  async chargedOf(accounts: readonly AccountName[]): Promise<readonly SpentRow[]> {
    const rows: SpentRow[] = [];
    for (const [tenant, named] of Map.groupBy(accounts, (each) => each.tenant)) {
      for (let first = 0; first < named.length; first += NAMED_AT_ONCE) {
        const some = named.slice(first, first + NAMED_AT_ONCE).map(({ account }) => account);
        rows.push(...(await this.charged(tenant, some)));
      }
    }
    return rows;
  }

  /** What accounts were charged in instances of windows, in the order asked for. */
  async chargedWindows(windows: readonly AccountWindow[]): Promise<readonly ChargedWindow[]> {
    return await chargedWindows(this.#database, windows);
  }

  /** Postings in order. */
  async postings({ tenant, requestId, after, most }: PostingFilter): Promise<readonly PostingsTable[]> {
    let query = this.#database.db.selectFrom("postings").selectAll().where("sequence", ">", after);
    if (tenant !== undefined) query = query.where("tenant", "=", tenant);
    if (requestId !== undefined) query = query.where("request_id", "=", requestId);
    return await query.orderBy("sequence").limit(most).execute();
  }

  async totals(): Promise<{ readonly postings: bigint; readonly overruns: bigint }> {
    const query = this.#database.db.selectFrom("totals").select(["postings", "overruns"]).where("id", "=", 1n);
    return await query.executeTakeFirstOrThrow();
  }
}

function spentOf(row: BalancesTable): SpentRow {
  const { tenant, account, nanousd, input_tokens: inputTokens, output_tokens: outputTokens } = row;
  return { tenant, account: accountOfKey(account), spent: { nanousd, inputTokens, outputTokens } };
}
