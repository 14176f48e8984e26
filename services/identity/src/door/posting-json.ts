import type { Usage } from "@sluice/proto/common/v1/usage";
import type { Posting } from "@sluice/proto/ledger/v1/ledger_service";
import { ACCOUNT_KINDS, wordOf } from "./words.ts";

/**
 * A posting as an export has it: every field is there, amounts as decimal strings, accounts with their kinds in words and their names. Tags
 * and tools keep the names their callers gave them. There may be millions of them, so nothing is found out about their shape.
 */
export function postingJson(posting: Posting, names: ReadonlyMap<string, string>): unknown {
  return {
    sequence: `${posting.sequence}`,
    attempt_id: posting.attemptId,
    request_id: posting.requestId,
    tenant_id: posting.tenantId,
    provider: posting.provider,
    model: posting.model,
    price_id: posting.priceId,
    price_version: posting.priceVersion,
    kind: posting.kind,
    overrun: posting.overrun,
    amount_nanousd: `${posting.amountNanousd}`,
    input_tokens: `${posting.inputTokens}`,
    output_tokens: `${posting.outputTokens}`,
    started_at_ms: Number(posting.startedAtMs),
    posted_at_ms: Number(posting.postedAtMs),
    task: posting.task,
    tags: posting.tags,
    accounts: posting.accounts.map(({ kind, id }) => ({
      kind: wordOf(ACCOUNT_KINDS, kind),
      id,
      name: names.get(id) ?? "",
    })),
    usage: posting.usage === undefined ? null : usageJson(posting.usage),
    charges: posting.charges.map((charge) => ({
      class: charge.class,
      quantity: `${charge.quantity}`,
      amount_nanousd: `${charge.amountNanousd}`,
      rate_nanousd: `${charge.rateNanousd}`,
    })),
  };
}

const spelled = new Map<string, string>();

/** Classes as the contract's file spells them, e.g. `cache_write_5m_tokens`; those that were not reported are left out. */
function usageJson({ serverToolCalls, rawJson: _, ...classes }: Usage): unknown {
  const usage: Record<string, unknown> = {};
  for (const [name, count] of Object.entries(classes)) {
    if (count !== undefined) usage[spellingOf(name)] = `${count}`;
  }
  const calls: Record<string, string> = {};
  for (const [tool, count] of Object.entries(serverToolCalls)) calls[tool] = `${count}`;
  return { ...usage, server_tool_calls: calls };
}

function spellingOf(name: string): string {
  let spelling = spelled.get(name);
  if (spelling === undefined) {
    spelling = name.replace(/[A-Z]|\d/g, (sign) => `_${sign.toLowerCase()}`);
    spelled.set(name, spelling);
  }
  return spelling;
}
