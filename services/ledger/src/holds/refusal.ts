import { HoldRefused, RefusalReason } from "@sluice/proto/ledger/v1/ledger_service";
import { accountToProto, amountToProto } from "../accounts.ts";
import type { UnitName } from "../amounts.ts";
import type { Shortfall } from "./types.ts";

const UNIT_WORDS: Readonly<Record<UnitName, string>> = {
  nanousd: "USD",
  tokens: "tokens",
  input_tokens: "input tokens",
  output_tokens: "output tokens",
};

/**
 * The refusal that fits the accounts without room. Where settled money alone leaves no room, waiting does not help
 * (exhausted); otherwise holds in flight are in the way (held).
 */
export function refusalOf(shortfalls: readonly Shortfall[], retryAfterMs: number): HoldRefused {
  const exhausted = shortfalls.find(({ spent, needed, limit }) => spent + needed > limit);
  const shortfall = exhausted ?? shortfalls[0];
  if (shortfall === undefined) return HoldRefused.fromPartial({});
  const { account, unit, limit, spent, held, needed } = shortfall;
  const numbers = `limit ${show(unit, limit)}, spent ${show(unit, spent)}, held ${show(unit, held)}, needed ${show(unit, needed)}`;
  const name = `The ${UNIT_WORDS[unit]} budget of ${account.kind} "${account.id}"`;
  const told =
    exhausted === undefined
      ? `${name} is held by requests in flight (${numbers}); try again in ${retryAfterMs} ms.`
      : `${name} leaves no room (${numbers}); raise the limit or ask for less.`;
  return {
    reason:
      exhausted === undefined
        ? RefusalReason.REFUSAL_REASON_BUDGET_HELD
        : RefusalReason.REFUSAL_REASON_BUDGET_EXHAUSTED,
    account: accountToProto(account),
    limit: amountToProto(unit, limit),
    spent: amountToProto(unit, spent),
    held: amountToProto(unit, held),
    needed: amountToProto(unit, needed),
    retryAfterMs: exhausted === undefined ? BigInt(retryAfterMs) : 0n,
    message: told,
  };
}

/** Nano-USD as dollars with all their digits, tokens as they are. */
function show(unit: UnitName, value: bigint): string {
  if (unit !== "nanousd") return String(value);
  const sign = value < 0n ? "-" : "";
  const digits = String(value < 0n ? -value : value).padStart(10, "0");
  const fraction = digits.slice(-9).replace(/0+$/, "").padEnd(2, "0");
  return `${sign}$${digits.slice(0, -9)}.${fraction}`;
}
