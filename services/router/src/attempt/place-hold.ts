import { SluiceError } from "@sluice/platform/errors";
import type { HoldRequest, HoldResponse } from "@sluice/proto/ledger/v1/ledger_service";
import { budgetWarning, rateFigures } from "./budget-words.ts";
import { refusalError } from "./hold-refusal.ts";
import { holdRequest } from "./hold-request.ts";
import { voidHold } from "./keep-hold.ts";
import type { Attempt, EngineDependencies, RoutedRequest } from "./types.ts";
import { unboundedWarnings, worstCase } from "./worst-case.ts";

const HOLD_DEADLINE_MS = 10_000;
/** After these the ledger may have placed the hold all the same. */
const UNKNOWN_OUTCOME: ReadonlySet<string> = new Set(["unavailable", "timeout", "cancelled"]);

/** Which try of which candidate. */
export type AttemptPlace = Pick<Attempt, "id" | "ordinal" | "candidate" | "startedAt"> & {
  /** True once an attempt of the request has found a hold, and counted it as a request; those that were refused have not. */
  readonly counted?: boolean;
};

/**
 * Reserves the worst case of one attempt and returns the attempt with its bounds.
 * @throws budget_exhausted, budget_held or model_unpriced if the ledger refuses; unavailable if it cannot be asked.
 */
export async function placeHold(
  dependencies: EngineDependencies,
  request: RoutedRequest,
  place: AttemptPlace,
): Promise<Attempt> {
  const { candidate, ordinal, id, startedAt } = place;
  const worst = await worstCase(dependencies, request, candidate);
  const hold = holdRequest(dependencies.config, request, { place, worst });
  const outcome = await ask(dependencies, request, hold);
  if (outcome.$case === "refused") throw refusalError(outcome.value);
  const granted = outcome.value;
  const bound = Number(granted.outputTokenBound);
  const { input, output } = worst;
  const warnings = [...(request.notes?.get(candidate) ?? []), ...unboundedWarnings(worst)];
  if (bound < output.tokens) warnings.push(`answer bounded to ${bound} tokens by the budget`);
  else if (!output.asked) warnings.push(`answer bounded to ${bound} tokens`);
  return {
    id,
    ordinal,
    candidate,
    startedAt,
    prompt: input,
    inputTokenBound: input.tokens,
    outputTokenBound: bound,
    holdId: granted.holdId,
    priceVersion: granted.priceVersion,
    heldNanousd: granted.heldNanousd,
    warnings,
    budgetWarnings: granted.softLimitsPassed.map(budgetWarning),
    rate: rateFigures(granted.rate),
  };
}

/**
 * Asks for the hold and leaves none behind: a caller who goes away does not end the question, because the answer may be a hold that
 * nobody would know of; and a question without an answer is followed by a void.
 */
async function ask(dependencies: EngineDependencies, request: RoutedRequest, hold: HoldRequest) {
  const attempt = { id: hold.attemptId, holdId: hold.attemptId };
  if (request.signal.aborted) throw new SluiceError("cancelled", "The caller left before the attempt began.");
  let response: HoldResponse;
  try {
    response = await dependencies.ledger.hold(hold, { deadlineMs: HOLD_DEADLINE_MS });
  } catch (thrown) {
    const error = SluiceError.from(thrown);
    // Not waited for: a ledger that is away would keep the caller waiting for nothing.
    if (UNKNOWN_OUTCOME.has(error.code)) void voidHold(dependencies, request, { attempt, reason: error.code });
    throw error;
  }
  const { outcome } = response;
  if (outcome === undefined) throw new SluiceError("internal", "The ledger answered a hold without an outcome.");
  if (request.signal.aborted && outcome.$case === "granted") {
    await voidHold(dependencies, request, { attempt, reason: "cancelled" });
    throw new SluiceError("cancelled", "The caller left before the attempt began.");
  }
  return outcome;
}
