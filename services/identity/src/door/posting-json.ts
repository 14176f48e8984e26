import type { Usage } from "@sluice/proto/common/v1/usage";
import type { Posting } from "@sluice/proto/ledger/v1/ledger_service";
import { doorJson } from "./json.ts";
import { ACCOUNT_KINDS, wordOf } from "./words.ts";

/**
 * A posting as an export has it: every field is there, accounts with their kinds in words and their names. Tags and tools keep the names
 * their callers gave them.
 */
export function postingJson(posting: Posting, names: ReadonlyMap<string, string>): unknown {
  const { tags, usage, accounts, charges, ...plain } = posting;
  return {
    ...(doorJson(plain) as object),
    accounts: accounts.map(({ kind, id }) => ({ kind: wordOf(ACCOUNT_KINDS, kind), id, name: names.get(id) ?? "" })),
    usage: usage === undefined ? null : usageJson(usage),
    charges: doorJson(charges),
    tags,
  };
}

/** Classes as the contract's file spells them, e.g. `cache_write_5m_tokens`; those that were not reported are left out. */
function usageJson({ serverToolCalls, rawJson: _, ...classes }: Usage): unknown {
  const units = Object.entries(classes).flatMap(([name, count]) =>
    count === undefined ? [] : [[name.replace(/[A-Z]|\d/g, (sign) => `_${sign.toLowerCase()}`), count.toString()]],
  );
  const calls = Object.entries(serverToolCalls).map(([tool, count]) => [tool, count.toString()]);
  return { ...Object.fromEntries(units), server_tool_calls: Object.fromEntries(calls) };
}
