import { SluiceError } from "@sluice/platform/errors";
import type { AccountKindWord } from "../door/words.ts";
import type { Domain } from "../service.ts";

/** An account as somebody typed it, found. */
export interface FoundAccount {
  readonly tenantId: string;
  readonly id: string;
}

/**
 * Finds the account that kind and name or id mean. Models and labels need not exist yet; they belong to an organisation.
 * @throws not_found, invalid_request
 */
export async function findAccount(
  { directory, keys, sessions }: Pick<Domain, "directory" | "keys" | "sessions">,
  wanted: { kind: AccountKindWord; account: string; org: string },
): Promise<FoundAccount> {
  if (wanted.account === "" && wanted.kind !== "org") {
    throw new SluiceError("invalid_request", `account: say which ${wanted.kind}.`, { details: { param: "account" } });
  }
  switch (wanted.kind) {
    case "org": {
      const org = await directory.org(wanted.account === "" ? wanted.org : wanted.account);
      return { tenantId: org.id, id: org.id };
    }
    case "key": {
      const key = await keys.find(wanted.account);
      await refuseOther(directory, wanted, key.org_id);
      return { tenantId: key.org_id, id: key.id };
    }
    case "session": {
      const session = await sessions.of(wanted.account, "");
      await refuseOther(directory, wanted, session.org_id);
      return { tenantId: session.org_id, id: session.id };
    }
    case "team":
    case "user": {
      const org = await directory.org(wanted.org);
      const row = await directory.member(wanted.kind === "team" ? "teams" : "users", org.id, wanted.account);
      return { tenantId: org.id, id: row?.id ?? wanted.account };
    }
    default: {
      const org = await directory.org(wanted.org);
      return { tenantId: org.id, id: wanted.account };
    }
  }
}

/** Whoever names an organisation means nobody else's key or session. @throws not_found */
async function refuseOther(
  directory: Domain["directory"],
  { kind, org }: { readonly kind: AccountKindWord; readonly org: string },
  owner: string,
): Promise<void> {
  if (org === "" || (await directory.org(org)).id === owner) return;
  throw new SluiceError("not_found", `The organisation "${org.slice(0, 80)}" has no such ${kind}.`, {
    details: { param: "account" },
  });
}

/** Names for people by generated id. */
export async function accountNames({
  directory,
  keys,
}: Pick<Domain, "directory" | "keys">): Promise<ReadonlyMap<string, string>> {
  const [listed, allKeys] = await Promise.all([directory.list(), keys.list({ org: "", includeEnded: true })]);
  const names = new Map<string, string>();
  for (const row of [...listed.orgs, ...listed.teams, ...listed.users]) names.set(row.id, row.name);
  for (const key of allKeys) names.set(key.id, key.name === "" ? key.display_prefix : key.name);
  return names;
}
