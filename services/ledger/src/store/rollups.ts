import type { AccountRef } from "../accounts.ts";
import { accountKey } from "../accounts.ts";
import type { Amounts } from "../amounts.ts";
import { type BulkValue, bulkInsert } from "./bulk.ts";
import type { LedgerDatabase } from "./database.ts";

/** A quarter hour: every time zone begins its hours on one. */
export const SLOT_MS = 900_000;

/** What a batch adds to an account's quarter hour. */
export interface RollupChange {
  readonly tenant: string;
  readonly account: AccountRef;
  readonly slot: bigint;
  readonly added: Amounts;
  /** Attempts that had no posting before. */
  readonly attempts: bigint;
}

/** The quarter hour of a moment (epoch milliseconds). */
export function slotOf(ms: number): bigint {
  return BigInt(Math.floor(ms / SLOT_MS));
}

const COLUMNS = {
  tenant: "text",
  account: "text",
  slot: "bigint",
  nanousd: "bigint",
  input_tokens: "bigint",
  output_tokens: "bigint",
  attempts: "bigint",
} as const;
const ADD = `on conflict (tenant, account, slot) do update set nanousd = rollups.nanousd + excluded.nanousd,
  input_tokens = rollups.input_tokens + excluded.input_tokens,
  output_tokens = rollups.output_tokens + excluded.output_tokens, attempts = rollups.attempts + excluded.attempts`;

/** Adds to the sums per quarter hour, within the transaction that writes the entries. */
export async function writeRollups(
  into: Pick<LedgerDatabase, "kind" | "db">,
  changes: Iterable<RollupChange>,
): Promise<void> {
  const rows = Array.from(changes, ({ tenant, account, slot, added, attempts }): BulkValue[] => [
    ...[tenant, accountKey(account), slot],
    ...[added.nanousd, added.inputTokens, added.outputTokens, attempts],
  ]);
  if (rows.length > 0) await bulkInsert(into, { table: "rollups", columns: COLUMNS, rows, suffix: ADD });
}
