import type { CallContext } from "@sluice/platform/rpc";
import type { PreviewResponse } from "@sluice/proto/ledger/v1/ledger_service";
import type { CatalogModel } from "@sluice/proto/provider/v1/provider_service";
import {
  CandidateEstimate,
  type EstimateRequest,
  EstimateResponse,
  type ExcludedCandidate,
} from "@sluice/proto/router/v1/router_service";
import { type Asked, askedOf } from "../asked.ts";
import { holdRequest } from "../attempt/hold-request.ts";
import type { EngineDependencies } from "../attempt/types.ts";
import { type WorstCase, worstCase } from "../attempt/worst-case.ts";
import type { RoutePlan } from "../plan/plan-request.ts";
import type { Planner } from "../plan/planner.ts";
import { expectedCost } from "./expected-cost.ts";

const LEDGER_DEADLINE_MS = 5_000;

type Estimate = (request: EstimateRequest, call: CallContext) => Promise<EstimateResponse>;
type Known = Pick<EngineDependencies, "bounds" | "config" | "figures" | "ledger" | "newAttemptId" | "now">;

/**
 * Makes the function that says what a request would cost: the same plan and the same bounds as if it were made, but the ledger is only asked what it
 * would answer, and no provider is called.
 */
export function estimator(dependencies: Known, planner: Pick<Planner, "plan">): Estimate {
  return async (request, call) => {
    const asked = askedOf(request);
    const plan = await planner.plan({ ...asked, options: request.options });
    const candidates: CandidateEstimate[] = [];
    for (const { candidate } of plan.ordered) {
      call.signal.throwIfAborted();
      candidates.push(await estimateCandidate(dependencies, asked, { plan, candidate: candidate.entry }));
    }
    return EstimateResponse.fromPartial({ strategy: plan.strategy, candidates, excluded: excludedOf(plan) });
  };
}

async function estimateCandidate(
  dependencies: Known,
  { chat, context, task }: Asked,
  { plan, candidate }: { readonly plan: RoutePlan; readonly candidate: CatalogModel },
): Promise<CandidateEstimate> {
  const { bounds, config, ledger, newAttemptId, now } = dependencies;
  await bounds.ready(candidate);
  const worst = await worstCase(dependencies, { chat, task, settings: plan.settings }, candidate);
  const place = { id: newAttemptId(), candidate, startedAt: now() };
  const hold = holdRequest(config, { context, chat }, { place, worst });
  const preview = await ledger.preview({ hold }, { deadlineMs: LEDGER_DEADLINE_MS });
  const output = answerOf(dependencies, { candidate, worst, preview });
  const costs = preview.priced
    ? {
        worstCaseNanousd: preview.worstCaseNanousd,
        expectedNanousd: await expectedCost(ledger, {
          hold,
          priceVersion: preview.priceVersion,
          inputTokens: worst.input.expected,
          outputTokens: Number(output.expected) * hold.n,
          units: worst.units,
        }),
      }
    : {};
  return CandidateEstimate.fromPartial({
    provider: candidate.provider,
    model: candidate.model,
    simulated: candidate.simulated,
    input: {
      expected: BigInt(worst.input.expected),
      bound: BigInt(worst.input.tokens),
      method: worst.input.method,
    },
    output,
    n: hold.n,
    ...costs,
    priceVersion: preview.priceVersion,
    limits: preview.limits,
    refused: preview.refused,
    unbounded: [...worst.input.unbounded],
    extraNanousd: worst.extraNanousd,
  });
}

/** The answer's tokens: what the budgets can still pay may bound it more than anything else. */
function answerOf(
  { figures }: Known,
  about: { readonly candidate: CatalogModel; readonly worst: WorstCase; readonly preview: PreviewResponse },
) {
  const { candidate, worst, preview } = about;
  const paid = Number(preview.outputTokenBound);
  const cut = preview.refused === undefined && paid > 0 && paid < worst.output.tokens;
  const bound = cut ? paid : worst.output.tokens;
  const expected = figures.answerTokens(`${candidate.provider}/${candidate.model}`, bound);
  return { expected: BigInt(expected), bound: BigInt(bound), method: cut ? "budget" : worst.output.by };
}

function excludedOf({ excluded }: RoutePlan): ExcludedCandidate[] {
  return excluded.map(({ provider, model, reason }) => ({ provider, model, reason }));
}
