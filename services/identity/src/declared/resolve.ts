import { SluiceError } from "@sluice/platform/errors";
import { findAccount } from "../directory/accounts.ts";
import { checkTimeZone } from "../directory/time-zone.ts";
import { type AccountKindWord, accountKindWord } from "../door/words.ts";
import type { Domain } from "../service.ts";
import type { DeclaredRow, OrgRow } from "../store/schema.ts";
import { budgetThing, declaredRow, rateThing, zoneThing } from "./row.ts";
import type { DeclaredBudget, DeclaredConfig } from "./schema.ts";

export type Lookup = Pick<Domain, "directory" | "keys" | "sessions">;

const NANO_DIGITS = 9;
const UNITS = [
  ["usd", "nanousd"],
  ["tokens", "tokens"],
  ["input_tokens", "input_tokens"],
  ["output_tokens", "output_tokens"],
] as const;

/**
 * Turns what a configuration declares into rows, with accounts found by name. Organisations, teams and users it lists are made if they
 * are not there; budgets and rate limits of accounts that nobody has are refused, because a mistyped name would leave the right one free.
 * @throws invalid_request naming every key at fault
 */
export async function resolveDeclarations(config: DeclaredConfig, lookup: Lookup): Promise<DeclaredRow[]> {
  const problems: string[] = [];
  const rows: DeclaredRow[] = [];
  const attempt = async (key: string, work: () => Promise<DeclaredRow | undefined>) => {
    try {
      const row = await work();
      if (row === undefined) return;
      const before = rows.find(({ name }) => name === row.name);
      if (before === undefined) rows.push(row);
      else problems.push(`${key}: this stands in ${before.source} already; keep one of them`);
    } catch (thrown) {
      const error = SluiceError.from(thrown);
      if (error.code !== "invalid_request" && error.code !== "not_found" && error.code !== "conflict") throw error;
      problems.push(`${key}: ${error.message}`);
    }
  };
  for (const [index, org] of config.orgs.entries()) {
    const key = `identity.orgs.${index}`;
    await attempt(key, () => zoneOf(lookup, org, key));
  }
  for (const [index, budget] of config.budgets.entries()) {
    const key = `identity.budgets.${index}`;
    await attempt(key, () => budgetOf(lookup, budget, key));
  }
  for (const [index, limit] of config.rate_limits.entries()) {
    const key = `identity.rate_limits.${index}`;
    await attempt(key, async () => {
      const { tenant, accountKind, account } = await accountOf(lookup, limit);
      const value = `${limit.rpm ?? ""}/${limit.tpm ?? ""}`;
      return declaredRow(rateThing(tenant, accountKind, account), value, key);
    });
  }
  if (problems.length === 0) return rows;
  const message = `Not everything that is declared can be in force. Correct the names, or list teams and users under identity.orgs to have them made:\n  ${problems.join("\n  ")}`;
  throw new SluiceError("invalid_request", message, { details: { param: "declarations" } });
}

async function zoneOf(
  { directory }: Lookup,
  wanted: DeclaredConfig["orgs"][number],
  source: string,
): Promise<DeclaredRow | undefined> {
  const zone = wanted.time_zone === undefined ? undefined : checkTimeZone(wanted.time_zone);
  const listed = await directory.list();
  const known = listed.orgs.find((org) => org.name === wanted.name || org.id === wanted.name);
  const org: OrgRow = known ?? (await directory.createOrg(wanted.name));
  for (const table of ["teams", "users"] as const) {
    const names = new Set(listed[table].filter((row) => row.org_id === org.id).map((row) => row.name));
    for (const name of new Set(wanted[table])) {
      if (!names.has(name)) await directory.createMember(table, { org: org.id, name });
    }
  }
  return zone === undefined ? undefined : declaredRow(zoneThing(org.id), zone, source);
}

async function budgetOf(lookup: Lookup, budget: DeclaredBudget, source: string): Promise<DeclaredRow> {
  const found = await accountOf(lookup, budget);
  const { window, soft } = budget;
  const [unit, value] = limitOf(budget);
  return declaredRow(budgetThing({ ...found, unit, window, soft }), value.toString(), source);
}

function limitOf(budget: DeclaredBudget): readonly [unit: string, value: bigint] {
  for (const [key, unit] of UNITS) {
    const value = budget[key];
    if (value !== undefined) return [unit, key === "usd" ? nanoUsd(String(value)) : BigInt(value)];
  }
  throw new SluiceError("internal", "A declared budget came through its check without an amount.");
}

/** Dollars as the schema takes them, exactly. */
function nanoUsd(text: string): bigint {
  const [whole = "0", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(NANO_DIGITS, "0"));
}

async function accountOf(lookup: Lookup, { account, org }: { account: string; org: string }) {
  const colon = account.indexOf(":");
  const word = colon < 0 ? account : account.slice(0, colon);
  const kind: AccountKindWord = accountKindWord.parse(word);
  const found = await findAccount(lookup, { kind, account: colon < 0 ? "" : account.slice(colon + 1), org });
  return { tenant: found.tenantId, accountKind: kind, account: found.id };
}
