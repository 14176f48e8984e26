import type { Posting, ReportRow } from "@sluice/proto/ledger/v1/ledger_service";
import { accountOfKey, accountToProto } from "./accounts.ts";
import type { ReportLine } from "./store/reader.ts";
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
  };
}

/** A report's row as the contract has it. */
export function reportRowOf(line: ReportLine): ReportRow {
  return {
    provider: line.provider,
    model: line.model,
    attempts: line.attempts,
    costNanousd: line.nanousd,
    inputTokens: line.input_tokens,
    outputTokens: line.output_tokens,
    estimated: line.estimated,
  };
}
