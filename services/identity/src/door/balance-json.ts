import type { AccountBalance } from "@sluice/proto/ledger/v1/ledger_service";
import { ACCOUNT_KINDS, UNITS, wordOf } from "./words.ts";

/** A balance as the door tells it. Amounts are decimal strings; `limit` and `used_percent` are null where there is no limit. */
export function balanceJson(balance: AccountBalance, names: ReadonlyMap<string, string>): unknown {
  const id = balance.account?.id ?? "";
  return {
    tenant_id: balance.tenantId,
    tenant: names.get(balance.tenantId) ?? "",
    account_kind: wordOf(ACCOUNT_KINDS, balance.account?.kind),
    account: id,
    name: names.get(id) ?? "",
    unit: wordOf(UNITS, balance.unit),
    window: balance.window === "" ? "total" : balance.window,
    window_started_at_ms: Number(balance.windowStartedAtMs),
    window_ends_at_ms: Number(balance.windowEndsAtMs),
    soft: balance.soft,
    limit: balance.limit?.toString() ?? null,
    spent: balance.spent.toString(),
    held: balance.held.toString(),
    used_percent: usedPercent(balance),
    open_holds: Number(balance.openHolds),
    posted: balance.posted.toString(),
  };
}

/** Share of the limit that is spent or held, in percent with two decimals, never rounded up; null without a limit. */
function usedPercent({ limit, spent, held }: AccountBalance): string | null {
  if (limit === undefined) return null;
  const used = spent + held;
  if (limit === 0n) return "100.00";
  const hundredths = (used * 10_000n) / limit;
  const sign = hundredths < 0n ? "-" : "";
  const digits = (hundredths < 0n ? -hundredths : hundredths).toString().padStart(3, "0");
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
