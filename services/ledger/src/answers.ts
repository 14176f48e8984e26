import type { Posting } from "@sluice/proto/ledger/v1/ledger_service";
import { accountOfKey, accountToProto } from "./accounts.ts";
import type { PostingsTable } from "./store/schema.ts";
import { tagsOf, usageOf } from "./store/texts.ts";

/** A posting as the contract has it. */
export function postingOf(row: PostingsTable): Posting {
  return {
    sequence: row.sequence,
    attemptId: row.attempt_id,
    requestId: row.request_id,
    tenantId: row.tenant,
    provider: row.provider,
    model: row.model,
    amountNanousd: row.nanousd,
    priceVersion: row.price_version,
    kind: row.kind,
    overrun: row.overrun === 1n,
    postedAtMs: row.posted_at_ms,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    startedAtMs: row.started_at_ms,
    accounts: (row.accounts === "" ? [] : (JSON.parse(row.accounts) as string[])).map(accountOfKey).map(accountToProto),
    usage: usageOf(row.usage),
    task: row.task,
    tags: tagsOf(row.tags),
    charges: [],
    priceId: row.price_id,
  };
}
