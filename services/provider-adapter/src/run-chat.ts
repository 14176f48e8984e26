import { SluiceError, toErrorDetail } from "@sluice/platform/errors";
import { type MessageSource, pulled } from "@sluice/platform/rpc";
import type { GenerateResponse } from "@sluice/proto/provider/v1/provider_service";
import { askBill } from "./attempt/ask-bill.ts";
import { Flight } from "./attempt/flight.ts";
import { publishMetered, publishStarted } from "./attempt/meter.ts";
import { notStarted } from "./attempt/not-started.ts";
import { exchangeAnswer } from "./attempt/read-answer.ts";
import type { AttemptTools, Ending, Plan } from "./attempt/types.ts";
import type { Flights } from "./flights.ts";

function logEnding(flight: Flight, ending: Ending, durationMs: number): void {
  const { request } = flight.plan;
  const level = ending.error?.row.log ?? "debug";
  if (!flight.tools.log.enabled(level)) return;
  flight.tools.log[level](
    {
      attempt: request.attemptId,
      request_id: request.requestId,
      tenant_id: request.tenantId,
      provider: request.provider,
      model: request.model,
      ending: ending.ending,
      duration_ms: Math.round(durationMs),
      input_tokens: ending.usage?.inputTokens,
      output_tokens: ending.usage?.outputTokens,
      upstream_status: flight.status || undefined,
      upstream_request_id: flight.upstreamRequestId || undefined,
      error_code: ending.error?.code,
      provider_code: ending.error?.details.providerCode,
    },
    "attempt ended",
  );
}

/** Says that the failure cost nothing, so that the request's cost stays known. */
function unbilled(error: SluiceError): SluiceError {
  const facts = { ...error.details.facts, unbilled: "true" };
  return new SluiceError(error.code, error.message, { cause: error.cause, details: { ...error.details, facts } });
}

function deliver(flight: Flight, ending: Ending): void {
  if (ending.error !== undefined && !flight.contentSeen) {
    flight.outlet.close(ending.usage === undefined ? unbilled(ending.error) : ending.error);
    return;
  }
  const error = ending.error === undefined ? undefined : toErrorDetail(ending.error);
  const { usage, source: usageSource } = ending;
  const { serviceTier } = flight;
  flight.outlet.push({ message: { $case: "tail", value: { usage, usageSource, error, serviceTier } } });
  flight.outlet.close();
}

/** Meters an attempt that was started, then lets its stream end. Never rejects. */
async function settle(flight: Flight, ending: Ending, startedAtMs: number): Promise<void> {
  const { plan, tools, serviceTier, upstreamRequestId } = flight;
  try {
    await publishMetered(plan, tools, ending, { startedAtMs, serviceTier, upstreamRequestId });
  } catch (thrown) {
    const error = SluiceError.from(thrown);
    const { attemptId, requestId, provider, model } = plan.request;
    tools.metrics.unmetered.add();
    tools.log.error({ attempt: attemptId, request_id: requestId, provider, model, err: error }, "attempt not metered");
    flight.outlet.close(error);
    return;
  }
  deliver(flight, ending);
}

/** Runs one attempt to its end, whether or not its caller stays. Never rejects: what it has to say goes to the outlet. */
async function fly(flight: Flight): Promise<void> {
  const { plan, tools } = flight;
  const { name } = plan.provider;
  const startedAtMs = tools.wallClock();
  const startedAt = tools.clock.now();
  try {
    await publishStarted(plan, tools, startedAtMs);
  } catch (thrown) {
    flight.outlet.close(notStarted(thrown));
    return;
  }
  tools.metrics.inFlight.add(1);
  let ending: Ending;
  try {
    ending = await exchangeAnswer(flight, (head) => {
      tools.metrics.requests.with({ provider: name, status: `${Math.floor(head.status / 100)}xx` }).add();
      tools.metrics.headSeconds.with({ provider: name }).observe((tools.clock.now() - startedAt) / 1_000);
    });
  } catch (thrown) {
    ending = flight.endingOfFailure(thrown);
    if (flight.status === 0) tools.metrics.requests.with({ provider: name, status: "none" }).add();
  }
  flight.land();
  ending = await askBill(flight, ending);
  await settle(flight, ending, startedAtMs);
  tools.metrics.inFlight.add(-1);
  tools.metrics.attempts.with({ provider: name, ending: ending.ending }).add();
  logEnding(flight, ending, tools.clock.now() - startedAt);
}

/**
 * Runs a planned attempt and hands its messages to the caller: head, batches, tail. `attempt.started` is durable before
 * request bytes leave; exactly one `attempt.metered` follows it, durable before the messages end, in every ending, also
 * when the caller leaves (signal or early return). Errors before content are thrown, later ones travel in the tail.
 * @throws overloaded when no work may begin, cancelled when the caller left, upstream_* codes before content
 */
export function runChat(
  planned: () => Plan | Promise<Plan>,
  tools: AttemptTools,
  flights: Flights,
  signal: AbortSignal,
): AsyncIterable<GenerateResponse> {
  const open = (plan: Plan): FlownAnswer => new FlownAnswer(plan, tools, flights, signal);
  return pulled(() => {
    const plan = planned();
    // Only a plan that had to fetch a token is waited for.
    return plan instanceof Promise ? plan.then(open) : open(plan);
  });
}

/** The messages of one attempt, from its start to its end or to the moment at which the caller leaves. */
class FlownAnswer implements MessageSource<GenerateResponse> {
  readonly #flight: Flight;
  readonly #signal: AbortSignal;
  #ended = false;

  /** @throws cancelled if the caller has left already */
  constructor(plan: Plan, tools: AttemptTools, flights: Flights, signal: AbortSignal) {
    const left = signal.aborted || flights.isBarred(plan.request.attemptId);
    if (left) throw notStarted(new SluiceError("cancelled", "The caller left before the attempt began."));
    this.#flight = new Flight(plan, tools);
    this.#signal = signal;
    signal.addEventListener("abort", this.#leave, { once: true });
    flights.add(this.#flight, fly(this.#flight));
  }

  next(): GenerateResponse | Promise<GenerateResponse | undefined> {
    const taken = this.#flight.outlet.take();
    return taken instanceof Promise ? taken.then(this.#onMessage, this.#onEnd) : this.#onMessage(taken);
  }

  close(): void {
    this.#signal.removeEventListener("abort", this.#leave);
    if (!this.#ended) this.#flight.leave();
  }

  readonly #leave = (): void => this.#flight.leave();

  readonly #onMessage = <Taken extends GenerateResponse | undefined>(message: Taken): Taken => {
    this.#ended = message === undefined || message.message?.$case === "tail";
    return message;
  };

  readonly #onEnd = (thrown: unknown): never => {
    this.#ended = true;
    throw thrown;
  };
}
