import { traceparent } from "@sluice/platform/trace";
import { GenerateRequest } from "@sluice/proto/provider/v1/provider_service";
import type { Attempt, RoutedRequest } from "./types.ts";

/** What the provider-adapter is asked to do for one attempt: the caller's request with the bound that is held. */
export function generateRequest(request: RoutedRequest, attempt: Attempt): GenerateRequest {
  const { timeouts } = request.settings;
  const { candidate } = attempt;
  const generate = GenerateRequest.create();
  generate.attemptId = attempt.id;
  generate.requestId = request.context.requestId;
  generate.tenantId = request.context.tenantId;
  generate.provider = candidate.provider;
  generate.model = candidate.model;
  if (request.task !== undefined) generate.task = request.task;
  else generate.chat = { ...request.chat, maxOutputTokens: BigInt(attempt.outputTokenBound) };
  generate.holdId = attempt.holdId;
  generate.priceVersion = attempt.priceVersion;
  generate.priceId = candidate.priceId;
  generate.timeouts = {
    connectMs: timeouts.connect_ms,
    firstContentMs: timeouts.first_content_ms,
    idleMs: timeouts.idle_ms,
    totalMs: timeouts.total_ms,
  };
  generate.inputTokenBound = BigInt(attempt.inputTokenBound);
  generate.ordinal = attempt.ordinal;
  generate.traceparent = traceparent() ?? request.context.traceparent;
  return generate;
}
