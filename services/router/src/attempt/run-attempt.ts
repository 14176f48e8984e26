import { SluiceError } from "@sluice/platform/errors";
import { type Trace, traceparent } from "@sluice/platform/trace";
import type { ChatRequest } from "@sluice/proto/chat/v1/chat";
import { GenerateRequest } from "@sluice/proto/provider/v1/provider_service";
import type { RouteResponse } from "@sluice/proto/router/v1/router_service";
import { attemptSpan } from "./attempt-span.ts";
import { type AttemptEnd, Delivery } from "./deliver.ts";
import { keepHold, voidHold } from "./keep-hold.ts";
import { reportFinished } from "./report.ts";
import type { Attempt, EngineDependencies, RoutedRequest } from "./types.ts";
import { WINDOW_EXPIRED, watchWindow } from "./watch-window.ts";

/**
 * Runs one attempt whose hold is placed. Messages flow as soon as the start is judged; before that a failure is thrown and nothing has
 * left, after that it ends the answer with an explicit error. What the caller got is reported in every case.
 * @throws the attempt's error, if nothing was delivered; `cancelled` if the caller left.
 */
export async function* runAttempt(
  dependencies: EngineDependencies,
  request: RoutedRequest,
  run: { readonly attempt: Attempt; readonly last: boolean },
): AsyncGenerator<RouteResponse, void> {
  const { attempt } = run;
  const delivery = new Delivery(dependencies, request, attempt);
  const stopRenewing = keepHold(dependencies, request, attempt);
  const span = attemptSpan(request, attempt);
  let end: AttemptEnd | undefined;
  let failure: SluiceError | undefined;
  try {
    end = yield* deliverAll(dependencies, request, { attempt, delivery, span });
  } catch (thrown) {
    failure = SluiceError.from(thrown);
    if (failure.details.facts?.["not_started"] === "true") {
      await voidHold(dependencies, request, { attempt, reason: failure.code });
    }
    if (!delivery.committed || request.signal.aborted) throw failure;
    end = { outcome: "failed", error: failure };
    yield delivery.brokenSummary(failure);
  } finally {
    stopRenewing();
    span.end(end?.error ?? failure);
    const cancelled = request.signal.aborted || (end === undefined && failure === undefined);
    const rejected = failure?.details.facts?.["verdict"] === "fail";
    await reportFinished(dependencies, request, {
      attempt,
      outcome: cancelled ? "cancelled" : (end?.outcome ?? (rejected ? "rejected" : "failed")),
      committed: delivery.committed,
      verdict: delivery.verdict || (rejected ? "fail" : ""),
      error: end?.error ?? failure,
      firstContentAt: delivery.firstContentAt,
      finishReason: delivery.finishReason,
      last: run.last,
    });
  }
}

async function* deliverAll(
  dependencies: EngineDependencies,
  request: RoutedRequest,
  run: { readonly attempt: Attempt; readonly delivery: Delivery; readonly span: Trace },
): AsyncGenerator<RouteResponse, AttemptEnd> {
  const { attempt, delivery } = run;
  const stream = run.span.run(() =>
    dependencies.provider.generate(generateRequest(dependencies, request, attempt), {
      signal: request.signal,
      ...(request.deadlineAt === undefined ? {} : { deadlineMs: Math.max(1, request.deadlineAt - dependencies.now()) }),
    }),
  );
  const watched = watchWindow(stream, { open: () => delivery.watching, msLeft: () => delivery.window.msLeft });
  let end: AttemptEnd | undefined;
  for await (const step of watched) {
    if (step === WINDOW_EXPIRED) {
      yield* delivery.judgeStart(true);
      continue;
    }
    switch (step.message?.$case) {
      case "head":
        attempt.warnings.push(...step.message.value.warnings);
        break;
      case "batch":
        yield* delivery.take(step.message.value.chunks);
        break;
      case "tail":
        // Read on to the end of the stream: leaving it here would count as a caller who left, and cancel the call.
        end = yield* delivery.close(step.message.value);
        break;
      default:
        throw new SluiceError("internal", "The provider-adapter sent a message of an unknown kind.");
    }
  }
  if (end !== undefined) return end;
  throw new SluiceError("unavailable", "The provider-adapter ended the answer without a closing message.");
}

function generateRequest(dependencies: EngineDependencies, request: RoutedRequest, attempt: Attempt): GenerateRequest {
  const { timeouts } = dependencies.config;
  const { candidate } = attempt;
  const chat: ChatRequest = { ...request.chat, maxOutputTokens: BigInt(attempt.outputTokenBound) };
  const generate = GenerateRequest.create();
  generate.attemptId = attempt.id;
  generate.requestId = request.context.requestId;
  generate.tenantId = request.context.tenantId;
  generate.provider = candidate.provider;
  generate.model = candidate.model;
  generate.chat = chat;
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
