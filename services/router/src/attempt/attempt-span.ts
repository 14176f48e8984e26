import { GEN_AI, SPAN, startSpan, type Trace } from "@sluice/platform/trace";
import type { Attempt, RoutedRequest } from "./types.ts";

/** Starts the span of one attempt, with the names OpenTelemetry has for calls of generative models. */
export function attemptSpan(request: RoutedRequest, attempt: Attempt): Trace {
  const { candidate } = attempt;
  const temperature = request.chat.sampling?.temperature;
  return startSpan(SPAN.attempt, {
    [GEN_AI.operation]: "chat",
    [GEN_AI.provider]: candidate.provider,
    [GEN_AI.requestModel]: candidate.model,
    [GEN_AI.maxTokens]: attempt.outputTokenBound,
    ...(temperature !== undefined && { [GEN_AI.temperature]: temperature }),
    "sluice.attempt.id": attempt.id,
    "sluice.attempt.ordinal": attempt.ordinal,
  });
}
