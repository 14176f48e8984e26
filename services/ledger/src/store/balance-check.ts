import { setImmediate as nextTurn } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import { type Amounts, NOTHING, plus, sameAmounts } from "../amounts.ts";
import type { LedgerDatabase } from "./database.ts";
import type { LedgerSchema } from "./schema.ts";

const POSTINGS_AT_ONCE = 5_000n;

interface SumRow {
  readonly tenant: string;
  readonly account: string;
  readonly nanousd: bigint;
  readonly input_tokens: bigint;
  readonly output_tokens: bigint;
}

/**
 * Proves that balances are the sums of entries, and that entries sum to zero. It keeps its sums, so each run reads only
 * entries that came since the last one; the first run goes through all of them in small steps.
 */
export class BalanceCheck {
  readonly #database: LedgerDatabase;
  readonly #sums = new Map<string, Amounts>();
  #read = 0n;
  #running: Promise<boolean> | undefined;

  constructor(database: LedgerDatabase) {
    this.#database = database;
  }

  /** True if everything agrees; calls at the same time share one run. */
  async run(): Promise<boolean> {
    this.#running ??= this.#check().finally(() => {
      this.#running = undefined;
    });
    return await this.#running;
  }

  async #check(): Promise<boolean> {
    // The long way outside a transaction: entries never change once they are there.
    const goal = await lastPosting(this.#database.db);
    while (this.#read < goal) {
      await this.#readUpTo(this.#database.db, goal);
      await nextTurn();
    }
    const transaction = this.#database.db.transaction();
    const isolated =
      this.#database.kind === "postgres" ? transaction.setIsolationLevel("repeatable read") : transaction;
    return await isolated.execute(async (db) => {
      const end = await lastPosting(db);
      while (this.#read < end) await this.#readUpTo(db, end);
      return this.#agrees(await db.selectFrom("balances").selectAll().execute());
    });
  }

  async #readUpTo(db: Kysely<LedgerSchema>, goal: bigint): Promise<void> {
    const next = this.#read + POSTINGS_AT_ONCE < goal ? this.#read + POSTINGS_AT_ONCE : goal;
    const rows: readonly SumRow[] = await db
      .selectFrom("entries")
      .where("sequence", ">", this.#read)
      .where("sequence", "<=", next)
      .select(["tenant", "account"])
      .select([
        sql<bigint>`cast(sum(nanousd) as bigint)`.as("nanousd"),
        sql<bigint>`cast(sum(input_tokens) as bigint)`.as("input_tokens"),
        sql<bigint>`cast(sum(output_tokens) as bigint)`.as("output_tokens"),
      ])
      .groupBy(["tenant", "account"])
      .execute();
    for (const row of rows) {
      const name = `${row.tenant} ${row.account}`;
      this.#sums.set(name, plus(this.#sums.get(name) ?? NOTHING, amountsOf(row)));
    }
    this.#read = next;
  }

  #agrees(balances: readonly SumRow[]): boolean {
    let total = NOTHING;
    for (const row of balances) {
      const sum = this.#sums.get(`${row.tenant} ${row.account}`) ?? NOTHING;
      if (!sameAmounts(sum, amountsOf(row))) return false;
      total = plus(total, sum);
    }
    return balances.length === this.#sums.size && sameAmounts(total, NOTHING);
  }
}

async function lastPosting(db: Kysely<LedgerSchema>): Promise<bigint> {
  const row = await db.selectFrom("totals").select("postings").where("id", "=", 1n).executeTakeFirstOrThrow();
  return row.postings;
}

function amountsOf(row: SumRow): Amounts {
  return { nanousd: row.nanousd, inputTokens: row.input_tokens, outputTokens: row.output_tokens };
}
