import { AccountKind } from "@sluice/proto/common/v1/call_context";
import { HoldRequest } from "@sluice/proto/ledger/v1/ledger_service";
import type { RouterConfig } from "../config.ts";
import type { AttemptPlace } from "./place-hold.ts";
import type { RoutedRequest } from "./types.ts";
import type { WorstCase } from "./worst-case.ts";

export interface HoldInput {
  readonly place: Omit<AttemptPlace, "ordinal">;
  readonly worst: WorstCase;
}

/** The hold that covers one attempt, on the caller's accounts and the model's. */
export function holdRequest(
  config: RouterConfig,
  { context, chat }: Pick<RoutedRequest, "context" | "chat">,
  { place, worst }: HoldInput,
): HoldRequest {
  const { candidate, id, counted, startedAt } = place;
  const { input, output } = worst;
  return HoldRequest.fromPartial({
    attemptId: id,
    requestId: context.requestId,
    tenantId: context.tenantId,
    accounts: [
      ...context.accounts,
      { kind: AccountKind.ACCOUNT_KIND_MODEL, id: `${candidate.provider}/${candidate.model}` },
    ],
    provider: candidate.provider,
    model: candidate.model,
    priceId: candidate.priceId,
    inputTokenBound: BigInt(input.tokens),
    outputTokenBound: BigInt(output.tokens),
    n: chat.n ?? 1,
    units: worst.units,
    startedAtMs: BigInt(startedAt),
    ttlMs: BigInt(config.hold_ttl_ms),
    outputTokenMinimum: BigInt(output.asked ? 0 : Math.min(config.minimum_output_tokens, output.tokens)),
    extraNanousd: worst.extraNanousd,
    unbounded: [...input.unbounded],
    firstAttempt: counted !== true,
    sliceId: context.sliceId,
    task: context.task,
    tags: context.tags,
    serviceTier: chat.serviceTier,
  });
}
