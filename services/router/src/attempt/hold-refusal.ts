import { SluiceError } from "@sluice/platform/errors";
import { AccountKind } from "@sluice/proto/common/v1/call_context";
import { type HoldRefused, RefusalReason } from "@sluice/proto/ledger/v1/ledger_service";
import { rateFigures } from "./budget-words.ts";

/** Facts under this prefix become headers of the answer that refuses. */
const RATE_FACT = "rate.";

/** The error a caller gets for a refused hold. */
export function refusalError(refused: HoldRefused): SluiceError {
  const facts = factsOf(refused);
  const { message } = refused;
  const retryAfterMs = Math.max(Number(refused.retryAfterMs), 1);
  switch (refused.reason) {
    case RefusalReason.REFUSAL_REASON_BUDGET_HELD:
      return new SluiceError("budget_held", message, { details: { facts, retryAfterMs } });
    case RefusalReason.REFUSAL_REASON_RATE_LIMITED:
      // What is larger than the whole limit fits at no time.
      if (refused.retryAfterMs === 0n) facts["never"] = "true";
      return new SluiceError("rate_limited", message, { details: { facts, retryAfterMs } });
    case RefusalReason.REFUSAL_REASON_UNPRICED:
      return new SluiceError("model_unpriced", message, { details: { facts, param: "model" } });
    case RefusalReason.REFUSAL_REASON_UNBOUNDED:
      // Another candidate may have a rule for what this one cannot bound.
      return new SluiceError("invalid_request", message, { details: { facts: { ...facts, candidate_only: "true" } } });
    case RefusalReason.REFUSAL_REASON_SESSION_ENDED:
      return new SluiceError("forbidden", message, { details: { facts, param: "x-sluice-session" } });
    default:
      return new SluiceError("budget_exhausted", message, { details: { facts } });
  }
}

function factsOf(refused: HoldRefused): Record<string, string> {
  const facts: Record<string, string> = {};
  // A model's own budget, or its missing price, says nothing about other candidates.
  if (refused.account?.kind === AccountKind.ACCOUNT_KIND_MODEL) facts["candidate_only"] = "true";
  if (refused.account !== undefined) facts["account"] = `${refused.account.kind}:${refused.account.id}`;
  if (refused.window !== "") facts["window"] = refused.window;
  if (refused.windowEndsAtMs > 0n) facts["window_ends_at"] = new Date(Number(refused.windowEndsAtMs)).toISOString();
  for (const name of ["limit", "spent", "held", "needed"] as const) {
    const amount = refused[name];
    if (amount !== undefined) facts[name] = String(amount.value);
  }
  for (const [name, value] of Object.entries(rateFigures(refused.rate))) facts[`${RATE_FACT}${name}`] = value;
  return facts;
}
