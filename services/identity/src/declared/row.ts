import type { DeclaredRow } from "../store/schema.ts";

/** What makes a declaration the same one: everything but its value and where it stands. */
export type DeclaredThing = Omit<DeclaredRow, "name" | "value" | "source">;

/** The unique name of what is declared. */
export function nameOf(thing: DeclaredThing): string {
  const { kind, tenant, account_kind, account, unit, window, soft } = thing;
  return JSON.stringify([kind, tenant, account_kind, account, unit, window, soft === 1n ? "soft" : "hard"]);
}

/** A declaration with its name. */
export function declaredRow(thing: DeclaredThing, value: string, source: string): DeclaredRow {
  return { ...thing, name: nameOf(thing), value, source };
}

/** A budget of an account. */
export function budgetThing(budget: {
  tenant: string;
  accountKind: string;
  account: string;
  unit: string;
  window: string;
  soft: boolean;
}): DeclaredThing {
  const { tenant, accountKind, account, unit, window, soft } = budget;
  return { kind: "budget", tenant, account_kind: accountKind, account, unit, window, soft: soft ? 1n : 0n };
}

/** The rate limit of an account. */
export function rateThing(tenant: string, accountKind: string, account: string): DeclaredThing {
  return { kind: "rate_limit", tenant, account_kind: accountKind, account, unit: "", window: "minute", soft: 0n };
}

/** The time zone of an organisation. */
export function zoneThing(tenant: string): DeclaredThing {
  return { kind: "time_zone", tenant, account_kind: "org", account: tenant, unit: "", window: "", soft: 0n };
}
