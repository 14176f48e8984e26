import { HoldRefused, RefusalReason } from "@sluice/proto/ledger/v1/ledger_service";
import { accountToProto } from "../accounts.ts";
import type { RateAnswer } from "./rate-keeper.ts";

/** The refusal of a hold whose minute is full; a need above the limit itself never fits and says so. */
export function rateRefusal({ refusal, state }: Extract<RateAnswer, { kind: "refused" }>): HoldRefused {
  const { account, unit, figure, needed, waitMs } = refusal;
  const never = !Number.isFinite(waitMs);
  const name = `The rate limit of ${account.kind} "${account.id}"`;
  const numbers = `${figure.limit} ${unit} per minute, ${figure.remaining} left, ${needed} needed`;
  const remedy = never
    ? `a request that may take more than the whole limit never fits: lower max_tokens or the prompt, or raise the limit`
    : `try again in ${waitMs} ms`;
  return HoldRefused.fromPartial({
    reason: RefusalReason.REFUSAL_REASON_RATE_LIMITED,
    account: accountToProto(account),
    retryAfterMs: never ? 0n : BigInt(waitMs),
    message: `${name} is reached (${numbers}); ${remedy}.`,
    window: "minute",
    rate: state,
  });
}
