import type { AccountBalance, Posting, ReportRow } from "@sluice/proto/ledger/v1/ledger_service";
import { type AccountRef, accountKey, accountOfKey, accountToProto, unitToProto } from "./accounts.ts";
import { type Amounts, inUnit, NOTHING, UNITS, type UnitName } from "./amounts.ts";
import type { AccountView, SpentRow } from "./holds/types.ts";
import type { ReportLine } from "./store/reader.ts";
import type { PostingsTable } from "./store/schema.ts";
import { tagsOf, usageOf } from "./store/texts.ts";

/** The only window there is so far. */
export const WINDOW = "total";

/** Balances of accounts that the hold store or the books know: money always, tokens where they are limited. */
export function balancesOf(views: readonly AccountView[], charged: readonly SpentRow[]): AccountBalance[] {
  const posted = new Map(charged.map((row) => [nameOf(row.tenant, row.account), row.spent]));
  const enforced = new Set(views.map((view) => nameOf(view.tenant, view.account)));
  const others = charged.filter((row) => !enforced.has(nameOf(row.tenant, row.account))).map(unheld);
  return [...views, ...others].flatMap((view) => {
    const booked = posted.get(nameOf(view.tenant, view.account)) ?? NOTHING;
    return UNITS.filter((unit) => unit === "nanousd" || view.limits[unit] !== undefined).map((unit) =>
      balanceOf(view, unit, booked),
    );
  });
}

/** An account the hold store does not know: nothing held, nothing enforced. */
export function unheld({ tenant, account }: { readonly tenant: string; readonly account: AccountRef }): AccountView {
  return { tenant, account, limits: {}, spent: NOTHING, held: NOTHING, openHolds: 0 };
}

function balanceOf(view: AccountView, unit: UnitName, booked: Amounts): AccountBalance {
  return {
    account: accountToProto(view.account),
    tenantId: view.tenant,
    unit: unitToProto(unit),
    window: WINDOW,
    limit: view.limits[unit],
    spent: inUnit(view.spent, unit),
    held: inUnit(view.held, unit),
    openHolds: BigInt(view.openHolds),
    posted: inUnit(booked, unit),
    soft: false,
    windowStartedAtMs: 0n,
    windowEndsAtMs: 0n,
  };
}

/** Number of accounts whose enforced counters differ from the books. */
export function differingOf(views: readonly AccountView[], charged: readonly SpentRow[]): number {
  const enforced = new Map(views.map((view) => [nameOf(view.tenant, view.account), view.spent]));
  const booked = new Map(charged.map((row) => [nameOf(row.tenant, row.account), row.spent]));
  let differing = 0;
  for (const name of new Set([...enforced.keys(), ...booked.keys()])) {
    const a = enforced.get(name) ?? NOTHING;
    const b = booked.get(name) ?? NOTHING;
    if (UNITS.some((unit) => inUnit(a, unit) !== inUnit(b, unit))) differing++;
  }
  return differing;
}

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

function nameOf(tenant: string, account: AccountRef): string {
  return `${tenant} ${accountKey(account)}`;
}
