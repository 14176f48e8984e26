import type { AccountBalance } from "@sluice/proto/ledger/v1/ledger_service";
import { BalanceRequest, SetBudgetRequest } from "@sluice/proto/ledger/v1/ledger_service";
import { z } from "zod";
import { budgetThing } from "../../declared/row.ts";
import { accountNames, findAccount } from "../../directory/accounts.ts";
import { balanceJson } from "../balance-json.ts";
import { type DoorParts, within } from "../parts.ts";
import { type DoorRoute, type RawCall, route } from "../route.ts";
import { ACCOUNT_KINDS, accountKindWord, amount, flagWord, reference, UNITS, unitWord, windowWord } from "../words.ts";
import { refuseSlice } from "./sessions.ts";

const account = { org: reference.default(""), account_kind: accountKindWord, account: reference };
const which = { ...account, unit: unitWord, window: windowWord.default("total") };
const newBudget = z.strictObject({ ...which, soft: z.boolean().default(false), limit: amount });
const oldBudget = z.strictObject({ ...which, soft: flagWord.default(false) });
const filter = z.strictObject({
  org: reference.default(""),
  account_kind: accountKindWord.optional(),
  account: reference.default(""),
});

/** Limits and what is used of them. */
export function budgetRoutes(parts: DoorParts): readonly DoorRoute[] {
  return [
    route({
      method: "GET",
      path: "/budgets",
      action: "budget.list",
      query: filter,
      handle: async ({ query, signal }) => ({ budgets: await listBudgets(parts, query, signal) }),
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

async function listBudgets(parts: DoorParts, query: z.output<typeof filter>, signal: AbortSignal): Promise<unknown[]> {
  const [{ balances }, names] = await Promise.all([
    parts.clients.ledger.balance(await wantedBalances(parts, query), within(parts, signal)),
    accountNames(parts.domain),
  ]);
  return balances.filter(saysSomething).map((balance) => balanceJson(balance, names));
}

async function wantedBalances(parts: DoorParts, query: z.output<typeof filter>): Promise<BalanceRequest> {
  const { account_kind: kind } = query;
  if (kind !== undefined) {
    const found = await findAccount(parts.domain, { kind, account: query.account, org: query.org });
    return BalanceRequest.create({ tenantId: found.tenantId, accounts: [{ kind: ACCOUNT_KINDS[kind], id: found.id }] });
  }
  const org = query.org === "" ? undefined : await parts.domain.directory.org(query.org);
  return BalanceRequest.create({ tenantId: org?.id ?? "" });
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
  const { domain, clients } = parts;
  const { account_kind: kind, unit, window, soft } = wanted;
  const found = await findAccount(domain, { kind, account: wanted.account, org: wanted.org });
  call.audit.target = `${kind}:${found.id}`;
  call.audit.tenant = found.tenantId;
  const thing = { tenant: found.tenantId, accountKind: kind, account: found.id, unit, window, soft };
  await domain.declarations.refuseDeclared(budgetThing(thing));
  if (kind === "session") refuseSlice(await domain.sessions.of(found.id, ""));
  const request = SetBudgetRequest.create({
    tenantId: found.tenantId,
    budget: {
      account: { kind: ACCOUNT_KINDS[kind], id: found.id },
      limit: { unit: UNITS[unit], value: limit ?? 0n },
      window,
      soft,
    },
    remove: limit === undefined,
  });
  const { balance } = await clients.ledger.setBudget(request, within(parts, call.signal));
  return balance === undefined ? null : balanceJson(balance, await accountNames(domain));
}
