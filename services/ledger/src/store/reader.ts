import { type AccountRef, accountKey, accountOfKey } from "../accounts.ts";
import type { SpentRow } from "../holds/types.ts";
import type { AccountWindow } from "./budgets.ts";
import type { LedgerDatabase } from "./database.ts";
import { type ChargedWindow, chargedWindows } from "./rollups.ts";
import type { PostingsTable } from "./schema.ts";

export interface PostingFilter {
  readonly tenant?: string | undefined;
  readonly requestId?: string | undefined;
  readonly after: bigint;
  readonly most: number;
}

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
    return (await query.execute()).map((row) => ({
      tenant: row.tenant,
      account: accountOfKey(row.account),
      spent: { nanousd: row.nanousd, inputTokens: row.input_tokens, outputTokens: row.output_tokens },
    }));
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
