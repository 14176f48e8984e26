import type { RouteHead, RouteSummary } from "@sluice/proto/router/v1/router_service";
import { printUsd } from "./cost.ts";

/** Sluice's own facts about a streamed answer, on the chunks that carry `finish_reason`. Money is an exact decimal text. */
export interface SluiceFacts {
  readonly request_id: string;
  readonly provider: string;
  readonly model: string;
  readonly attempts: number;
  readonly cost_usd: string | null;
  readonly verdict: string;
  readonly warnings: readonly string[];
  readonly simulated: boolean;
}

/** Gathers the facts once the answer has ended. */
export function sluiceFacts(requestId: string, head: RouteHead, summary: RouteSummary): SluiceFacts {
  return {
    request_id: requestId,
    provider: head.provider,
    model: head.model,
    attempts: head.attempts,
    cost_usd: summary.costNanousd === undefined ? null : printUsd(summary.costNanousd),
    verdict: summary.verdict,
    warnings: head.warnings,
    simulated: head.simulated,
  };
}
