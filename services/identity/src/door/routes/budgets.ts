import type { AccountBalance } from "@sluice/proto/ledger/v1/ledger_service";
import { BalanceRequest, SetBudgetRequest } from "@sluice/proto/ledger/v1/ledger_service";
import { z } from "zod";
import { accountNames, findAccount } from "../accounts.ts";
import { type DoorParts, within } from "../parts.ts";
import { type DoorRoute, type RawCall, route } from "../route.ts";
import { ACCOUNT_KINDS, accountKindWord, amount, reference, UNITS, unitWord, wordOf } from "../words.ts";

const which = { org: reference.default(""), account_kind: accountKindWord, account: reference, unit: unitWord };
const newBudget = z.strictObject({ ...which, limit: amount });
const oldBudget = z.strictObject(which);
const filter = z.strictObject({ org: reference.default("") });

/** Limits and what is used of them. */
export function budgetRoutes(parts: DoorParts): readonly DoorRoute[] {
  return [
    route({
      method: "GET",
      path: "/budgets",
      action: "budget.list",
      query: filter,
      handle: async ({ query, signal }) => ({ budgets: await listBudgets(parts, query.org, signal) }),
    }),
    route({
      method: "PUT",
      path: "/budgets",
      action: "budget.set",
      body: newBudget,
      handle: async (call) => ({ budget: await changeBudget(parts, call, call.body, call.body.limit) }),
    }),
    route({
      method: "DELETE",
      path: "/budgets",
      action: "budget.remove",
      query: oldBudget,
      handle: async (call) => ({ budget: await changeBudget(parts, call, call.query, undefined) }),
    }),
  ];
}

async function listBudgets(parts: DoorParts, orgReference: string, signal: AbortSignal): Promise<unknown[]> {
  const org = orgReference === "" ? undefined : await parts.domain.directory.org(orgReference);
  const request = BalanceRequest.create({ tenantId: org?.id ?? "" });
  const [{ balances }, names] = await Promise.all([
    parts.clients.ledger.balance(request, within(parts, signal)),
    accountNames(parts.domain),
  ]);
  return balances.filter(saysSomething).map((balance) => budgetJson(balance, names));
}

/** The ledger remembers every account it has seen; one without limit, charge or hold is no news to anybody. */
function saysSomething(balance: AccountBalance): boolean {
  const { limit, spent, held, openHolds, posted } = balance;
  return limit !== undefined || spent !== 0n || held !== 0n || openHolds !== 0n || posted !== 0n;
}

async function changeBudget(
  parts: DoorParts,
  call: RawCall,
  wanted: z.output<typeof oldBudget>,
  limit: bigint | undefined,
): Promise<unknown> {
  const kind = wanted.account_kind;
  const found = await findAccount(parts.domain, { kind, account: wanted.account, org: wanted.org });
  call.audit.target = `${kind}:${found.id}`;
  call.audit.tenant = found.tenantId;
  const request = SetBudgetRequest.create({
    tenantId: found.tenantId,
    budget: {
      account: { kind: ACCOUNT_KINDS[kind], id: found.id },
      limit: { unit: UNITS[wanted.unit], value: limit ?? 0n },
      window: "total",
    },
    remove: limit === undefined,
  });
  const { balance } = await parts.clients.ledger.setBudget(request, within(parts, call.signal));
  return balance === undefined ? null : budgetJson(balance, await accountNames(parts.domain));
}

/** Amounts are decimal strings; `limit` is null where there is none. */
function budgetJson(balance: AccountBalance, names: ReadonlyMap<string, string>): unknown {
  const id = balance.account?.id ?? "";
  return {
    tenant_id: balance.tenantId,
    tenant: names.get(balance.tenantId) ?? "",
    account_kind: wordOf(ACCOUNT_KINDS, balance.account?.kind),
    account: id,
    name: names.get(id) ?? "",
    unit: wordOf(UNITS, balance.unit),
    window: balance.window,
    limit: balance.limit?.toString() ?? null,
    spent: balance.spent.toString(),
    held: balance.held.toString(),
    open_holds: Number(balance.openHolds),
    posted: balance.posted.toString(),
  };
}
