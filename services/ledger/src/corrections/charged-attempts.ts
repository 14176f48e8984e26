import { type AccountRef, accountOfKey } from "../accounts.ts";
import { type Amounts, NOTHING, plus } from "../amounts.ts";
import type { PostingHead } from "../postings.ts";
import type { LedgerDatabase } from "../store/database.ts";
import type { Piece } from "../store/reports/pieces.ts";
import type { PostingsTable } from "../store/schema.ts";

/** What an attempt is charged with by all its postings together. */
export interface ChargedAttempt {
  readonly head: PostingHead;
  readonly net: Amounts;
  /** Version of the newest posting. */
  readonly version: string;
  /** True if the truth has not come: the worst case of its hold is charged. */
  readonly estimated: boolean;
  readonly accounts: readonly AccountRef[];
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

/** Attempts that started in a piece of the books. All postings of an attempt belong to its start, so a piece has all of them. */
export async function chargedAttempts(
  { db }: Pick<LedgerDatabase, "db">,
  { tenant, fromMs, toMs }: Piece,
): Promise<readonly ChargedAttempt[]> {
  const rows = await db
    .selectFrom("postings")
    .selectAll()
    .where("tenant", "=", tenant)
    .where("started_at_ms", ">=", fromMs)
    .where("started_at_ms", "<", toMs)
    .where("kind", "<>", "reconciliation")
    .orderBy("sequence")
    .execute();
  const attempts = new Map<string, ChargedAttempt>();
  for (const row of rows) attempts.set(row.attempt_id, withPosting(attempts.get(row.attempt_id), row));
  return [...attempts.values()];
}

function withPosting(before: ChargedAttempt | undefined, row: PostingsTable): ChargedAttempt {
  const amounts = { nanousd: row.nanousd, inputTokens: row.input_tokens, outputTokens: row.output_tokens };
  const head = headOf(row);
  return {
    head: before === undefined || row.usage !== "" ? head : before.head,
    net: plus(before?.net ?? NOTHING, amounts),
    version: row.price_version,
    estimated: row.kind === "estimated" || (row.kind === "rerated" && before?.estimated === true),
    accounts: before?.accounts ?? (JSON.parse(row.accounts === "" ? "[]" : row.accounts) as string[]).map(accountOfKey),
    startedAt: Number(row.started_at_ms),
  };
}

function headOf(row: PostingsTable): PostingHead {
  return {
    attemptId: row.attempt_id,
    requestId: row.request_id,
    tenant: row.tenant,
    provider: row.provider,
    model: row.model,
    priceId: row.price_id,
    priceVersion: row.price_version,
    usage: row.usage,
    serviceTier: row.service_tier,
    task: row.task,
    tags: row.tags,
    at: Number(row.posted_at_ms),
  };
}
