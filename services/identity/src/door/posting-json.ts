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

function usageJson({ serverToolCalls, rawJson: _, ...classes }: Usage): unknown {
  const calls = Object.entries(serverToolCalls).map(([tool, count]) => [tool, count.toString()]);
  return { ...(doorJson(classes) as object), server_tool_calls: Object.fromEntries(calls) };
}
