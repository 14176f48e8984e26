import type { RouteHead, RouteSummary } from "@sluice/proto/router/v1/router_service";
import type { Exchange } from "../exchange.ts";

/** Notes who serves, for the log. */
export function noteHead(exchange: Exchange, head: RouteHead): RouteHead {
  const { facts } = exchange;
  facts.provider = head.provider;
  facts.model = head.model;
  facts.attempt = head.attemptId;
  return head;
}

/** Notes what the answer took, for the log. */
export function noteSummary(exchange: Exchange, summary: RouteSummary): RouteSummary {
  const { facts } = exchange;
  const { usage } = summary;
  if (usage?.inputTokens !== undefined) facts.inputTokens = Number(usage.inputTokens + (usage.cachedInputTokens ?? 0n));
  if (usage?.outputTokens !== undefined) facts.outputTokens = Number(usage.outputTokens);
  if (summary.costNanousd !== undefined) facts.costNanoUsd = summary.costNanousd;
  facts.verdict = summary.verdict;
  return summary;
}
