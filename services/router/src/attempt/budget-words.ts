import { AccountKind } from "@sluice/proto/common/v1/call_context";
import { type Amount, Unit } from "@sluice/proto/common/v1/money";
import type { RateState, SoftLimitPassed } from "@sluice/proto/ledger/v1/ledger_service";

const KINDS: Readonly<Partial<Record<AccountKind, string>>> = {
  [AccountKind.ACCOUNT_KIND_ORG]: "org",
  [AccountKind.ACCOUNT_KIND_TEAM]: "team",
  [AccountKind.ACCOUNT_KIND_USER]: "user",
  [AccountKind.ACCOUNT_KIND_KEY]: "key",
  [AccountKind.ACCOUNT_KIND_SESSION]: "session",
  [AccountKind.ACCOUNT_KIND_MODEL]: "model",
  [AccountKind.ACCOUNT_KIND_LABEL]: "label",
};

/** A passed soft limit as one header value: `team:team_1 day 80.12/75.00 USD`. */
export function budgetWarning({ account, window, used, limit }: SoftLimitPassed): string {
  const kind = KINDS[account?.kind ?? AccountKind.ACCOUNT_KIND_UNSPECIFIED] ?? "account";
  return `${kind}:${account?.id ?? ""} ${window} ${amountText(used)}/${amountText(limit)} ${unitText(limit)}`;
}

/** Where rate limits stand, under the names that follow `x-ratelimit-`; waits in seconds, as OpenAI writes them. */
export function rateFigures(state: RateState | undefined): Readonly<Record<string, string>> {
  if (state === undefined) return {};
  const figures: Record<string, string> = {};
  const put = (name: string, value: string | undefined): void => {
    if (value !== undefined) figures[name] = value;
  };
  put("limit-requests", state.limitRequests?.toString());
  put("remaining-requests", state.remainingRequests?.toString());
  put("reset-requests", secondsText(state.resetRequestsMs));
  put("limit-tokens", state.limitTokens?.toString());
  put("remaining-tokens", state.remainingTokens?.toString());
  put("reset-tokens", secondsText(state.resetTokensMs));
  return figures;
}

function secondsText(ms: bigint | undefined): string | undefined {
  return ms === undefined ? undefined : `${Number(ms) / 1_000}s`;
}

function unitText(amount: Amount | undefined): string {
  switch (amount?.unit) {
    case Unit.UNIT_TOKENS:
      return "tokens";
    case Unit.UNIT_INPUT_TOKENS:
      return "input tokens";
    case Unit.UNIT_OUTPUT_TOKENS:
      return "output tokens";
    default:
      return "USD";
  }
}

/** Dollars with at least two digits of fraction and all that count; tokens as they are. */
function amountText(amount: Amount | undefined): string {
  const value = amount?.value ?? 0n;
  if (amount?.unit !== Unit.UNIT_NANOUSD) return String(value);
  const digits = String(value).padStart(10, "0");
  const fraction = digits.slice(-9).replace(/0+$/, "").padEnd(2, "0");
  return `${digits.slice(0, -9)}.${fraction}`;
}
