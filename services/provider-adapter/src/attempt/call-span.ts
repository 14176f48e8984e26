import { GEN_AI, HTTP, startSpan, type Trace } from "@sluice/platform/trace";
import type { Flight } from "./flight.ts";
import type { Ending } from "./types.ts";

/** Starts the span of one call to a provider. */
export function callSpan({ plan }: Flight): Trace {
  const { attemptId, provider, model } = plan.request;
  return startSpan(
    `chat ${model}`,
    {
      [GEN_AI.operation]: "chat",
      [GEN_AI.provider]: provider,
      [GEN_AI.requestModel]: model,
      "server.address": plan.outbound.origin,
      "sluice.attempt.id": attemptId,
    },
    { kind: "client" },
  );
}

/** Ends it with what the provider said: status, usage, its own request id, the error's code. Never its words. */
export function endCallSpan(span: Trace, flight: Flight, ending: Ending): void {
  const { usage, error } = ending;
  span.set({
    [HTTP.status]: flight.status,
    ...(flight.upstreamRequestId !== "" && { "sluice.upstream.request_id": flight.upstreamRequestId }),
    ...(usage?.inputTokens !== undefined && { [GEN_AI.inputTokens]: Number(usage.inputTokens) }),
    ...(usage?.outputTokens !== undefined && { [GEN_AI.outputTokens]: Number(usage.outputTokens) }),
  });
  span.end(error);
}
