import type { Logger } from "@sluice/platform/log";
import type { Amounts } from "../amounts.ts";
import type { Hold } from "../holds/types.ts";
import type { RateKeeper } from "./rate-keeper.ts";

/** A hold and what its attempt really used. */
export interface RatedEnd {
  readonly hold: Hold;
  readonly total: Amounts;
}

/** Corrects the minutes in which holds were placed, so that they count what was used instead of the worst case. */
export async function settleRates(
  { rates, log }: { readonly rates: RateKeeper; readonly log: Logger },
  ends: readonly RatedEnd[],
): Promise<void> {
  const corrections = ends
    .filter(({ hold }) => rates.limits(hold.tenant))
    .map(({ hold, total }) => ({
      tenant: hold.tenant,
      accounts: hold.accounts,
      change: { requests: 0, tokens: Number(tokensOf(total) - tokensOf(hold.amounts)) },
      takenAt: hold.placedAt,
    }));
  if (corrections.length === 0) return;
  try {
    await rates.correct(corrections);
  } catch (err) {
    // The minute counts the worst case then, until it is over.
    log.warn({ err, attempts: corrections.length }, "rates not corrected");
  }
}

function tokensOf({ inputTokens, outputTokens }: Amounts): bigint {
  return inputTokens + outputTokens;
}
