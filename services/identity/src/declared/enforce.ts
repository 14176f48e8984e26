import type { CallOptions, Client } from "@sluice/platform/rpc";
import {
  BalanceRequest,
  type LedgerServiceDefinition,
  RateLimitsRequest,
  SetBudgetRequest,
  SetRateLimitRequest,
  SetTimeZoneRequest,
} from "@sluice/proto/ledger/v1/ledger_service";
import type { Directory } from "../directory/directory.ts";
import { ACCOUNT_KINDS, accountKindWord, UNITS, unitWord, wordOf } from "../door/words.ts";
import type { DeclaredRow } from "../store/schema.ts";
import { budgetThing, nameOf, rateThing, zoneThing } from "./row.ts";

/** Puts declarations in force, and reads what is in force. */
export interface Enforcement {
  /** Values in force by the names of declarations, for all tenants of the rows. */
  inForce(rows: readonly DeclaredRow[]): Promise<ReadonlyMap<string, string>>;
  set(row: DeclaredRow): Promise<void>;
  remove(row: DeclaredRow): Promise<void>;
}

const DEFAULT_ZONE = "UTC";

/** Enforcement by the ledger; time zones are remembered in the directory too. */
export function ledgerEnforcement(
  ledger: Client<typeof LedgerServiceDefinition>,
  directory: Directory,
  options: CallOptions,
): Enforcement {
  const change = async (row: DeclaredRow, remove: boolean) => {
    if (row.kind === "budget") await ledger.setBudget(budgetRequest(row, remove), options);
    else if (row.kind === "rate_limit") await ledger.setRateLimit(rateRequest(row, remove), options);
    else {
      const timeZone = remove ? DEFAULT_ZONE : row.value;
      await ledger.setTimeZone(SetTimeZoneRequest.create({ tenantId: row.tenant, timeZone }), options);
      await directory.setTimeZone(row.tenant, remove ? "" : row.value);
    }
  };
  return {
    async inForce(rows) {
      const values = new Map<string, string>();
      for (const tenant of new Set(rows.map((row) => row.tenant))) {
        await readTenant(
          ledger,
          options,
          rows.filter((row) => row.tenant === tenant),
          values,
        );
      }
      for (const org of (await directory.list()).orgs) values.set(nameOf(zoneThing(org.id)), org.time_zone);
      return values;
    },
    set: (row) => change(row, false),
    remove: (row) => change(row, true),
  };
}

async function readTenant(
  ledger: Client<typeof LedgerServiceDefinition>,
  options: CallOptions,
  rows: readonly DeclaredRow[],
  values: Map<string, string>,
): Promise<void> {
  const tenantId = rows[0]?.tenant ?? "";
  const budgets = rows.filter((row) => row.kind === "budget");
  if (budgets.length > 0) {
    const accounts = [
      ...new Map(budgets.map((row) => [`${row.account_kind}:${row.account}`, accountOf(row)])).values(),
    ];
    const { balances } = await ledger.balance(BalanceRequest.create({ tenantId, accounts }), options);
    for (const { account, unit, window, soft, limit } of balances) {
      if (limit === undefined) continue;
      const thing = budgetThing({
        tenant: tenantId,
        accountKind: wordOf(ACCOUNT_KINDS, account?.kind),
        account: account?.id ?? "",
        unit: wordOf(UNITS, unit),
        window,
        soft,
      });
      values.set(nameOf(thing), limit.toString());
    }
  }
  if (budgets.length === rows.length) return;
  const { limits } = await ledger.rateLimits(RateLimitsRequest.create({ tenantId }), options);
  for (const { limit } of limits) {
    const thing = rateThing(tenantId, wordOf(ACCOUNT_KINDS, limit?.account?.kind), limit?.account?.id ?? "");
    values.set(nameOf(thing), `${limit?.requestsPerMinute ?? ""}/${limit?.tokensPerMinute ?? ""}`);
  }
}

function accountOf(row: DeclaredRow) {
  return { kind: ACCOUNT_KINDS[accountKindWord.parse(row.account_kind)], id: row.account };
}

function budgetRequest(row: DeclaredRow, remove: boolean): SetBudgetRequest {
  const limit = { unit: UNITS[unitWord.parse(row.unit)], value: remove ? 0n : BigInt(row.value) };
  const budget = { account: accountOf(row), limit, window: row.window, soft: row.soft === 1n };
  return SetBudgetRequest.create({ tenantId: row.tenant, budget, remove });
}

function rateRequest(row: DeclaredRow, remove: boolean): SetRateLimitRequest {
  const [rpm = "", tpm = ""] = remove ? [] : row.value.split("/");
  const limit = {
    account: accountOf(row),
    ...(rpm !== "" && { requestsPerMinute: BigInt(rpm) }),
    ...(tpm !== "" && { tokensPerMinute: BigInt(tpm) }),
  };
  return SetRateLimitRequest.create({ tenantId: row.tenant, limit });
}
