import { SluiceError } from "@sluice/platform/errors";
import type { Trace } from "@sluice/platform/trace";
import type { GenerateResponse, GenerateTail } from "@sluice/proto/provider/v1/provider_service";
import type { RouteResponse } from "@sluice/proto/router/v1/router_service";
import { attemptSpan } from "./attempt-span.ts";
import { type AttemptEnd, Delivery } from "./delivery.ts";
import { generateRequest } from "./generate-request.ts";
import { keepHold, voidHold } from "./keep-hold.ts";
import type { Attempt, EngineDependencies, RoutedRequest } from "./types.ts";

const ABANDON_MS = 2_000;
const EXPIRED = Symbol("the window's time is over");

/**
 * One attempt whose hold is placed, pulled message by message: `next` gives what may leave for the caller, undefined at the end, and throws
 * as long as nothing has left. After content a failure is an explicit error in the last message. Whoever stops pulling calls `leave`.
 */
export class AttemptRun {
  readonly attempt: Attempt;
  readonly delivery: Delivery;
  /** How it ended; undefined while it runs, or if it ended without a closing message. */
  end: AttemptEnd | undefined;
  /** What the adapter said at its end; undefined if it did not come to that. */
  tail: GenerateTail | undefined;
  readonly #dependencies: EngineDependencies;
  readonly #request: RoutedRequest;
  readonly #span: Trace;
  readonly #stopRenewing: () => void;
  readonly #ready: RouteResponse[] = [];
  #upstream: AsyncIterator<GenerateResponse> | undefined;
  /** The message that is waited for. */
  #pending: Promise<IteratorResult<GenerateResponse, unknown>> | undefined;
  #over = false;
  #left = false;
  /** True once the adapter has said anything: then it knows the attempt, and meters it. */
  #heard = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    dependencies: EngineDependencies,
    request: RoutedRequest,
    run: { readonly attempt: Attempt; readonly costBefore: bigint | undefined },
  ) {
    this.#dependencies = dependencies;
    this.#request = request;
    this.attempt = run.attempt;
    this.delivery = new Delivery(dependencies, request, { ...run, send: (message) => this.#ready.push(message) });
    this.#stopRenewing = keepHold(dependencies, request, run.attempt);
    this.#span = attemptSpan(request, run.attempt);
  }

  /** The next message, if there is one that need not be waited for. */
  ready(): RouteResponse | undefined {
    return this.#ready.shift();
  }

  /** The next message for the caller; undefined when the attempt is over. @throws its error, if nothing has left */
  async next(): Promise<RouteResponse | undefined> {
    for (;;) {
      const ready = this.#ready.shift();
      if (ready !== undefined) return ready;
      if (this.#over) return undefined;
      try {
        await this.#step();
      } catch (thrown) {
        // After the closing message the answer is complete and metered: what becomes of the connection changes nothing.
        if (this.end === undefined) await this.#fail(SluiceError.from(thrown));
        else this.#over = true;
      }
    }
  }

  /** True once everything, the summary included, was given to whoever pulls. */
  get handedOver(): boolean {
    return this.end !== undefined && this.#ready.length === 0;
  }

  /** Ends it wherever it is: the upstream is told, the hold is no longer renewed. Harmless when it is over. */
  async leave(error?: SluiceError): Promise<void> {
    if (this.#left) return;
    this.#left = true;
    clearTimeout(this.#timer);
    this.#stopRenewing();
    this.#span.end(this.end?.error ?? error);
    if (this.#over) return;
    this.#over = true;
    await this.#upstream?.return?.();
    if (this.#callerLeft(error) && this.#upstream !== undefined && !this.#heard) await this.#giveBack();
  }

  #callerLeft(error: SluiceError | undefined): boolean {
    if (isNotStarted(error)) return false;
    return error === undefined || error.code === "cancelled" || this.#request.signal.aborted;
  }

  /** Whoever leaves before the adapter's first word cannot know whether it has heard of the attempt: it is asked. */
  async #giveBack(): Promise<void> {
    const { provider, log } = this.#dependencies;
    try {
      const { began } = await provider.abandonAttempt({ attemptId: this.attempt.id }, { deadlineMs: ABANDON_MS });
      if (began) return;
    } catch (thrown) {
      // The hold then ends by its expiry.
      log.warn({ err: thrown, attempt: this.attempt.id }, "attempt not given up");
      return;
    }
    await voidHold(this.#dependencies, this.#request, { attempt: this.attempt, reason: "cancelled" });
  }

  async #step(): Promise<void> {
    this.#upstream ??= this.#call();
    this.#pending ??= this.#upstream.next();
    if (this.delivery.watching) {
      await this.#watch(this.#pending);
      // What a judgement let through does not wait for the message that is late.
      if (this.#ready.length > 0) return;
    }
    const step = await this.#pending;
    this.#pending = undefined;
    this.#heard = true;
    if (step.done === true) {
      this.#over = true;
      if (this.end === undefined)
        throw new SluiceError("unavailable", "The provider-adapter ended the answer without a closing message.");
      return;
    }
    if (this.end !== undefined) return;
    const { message } = step.value;
    switch (message?.$case) {
      case "head":
        this.attempt.warnings.push(...message.value.warnings);
        return;
      case "batch": {
        const judging = this.delivery.take(message.value.chunks);
        if (judging !== undefined) await judging;
        return;
      }
      case "result":
        this.delivery.takeResult(message.value);
        return;
      case "tail":
        // Read on to the end of the stream: leaving it here would count as a caller who left, and cancel the call.
        this.tail = message.value;
        this.#dependencies.bounds.learn(this.attempt, message.value, this.#request.chat.n);
        this.end = await this.delivery.close(message.value);
        return;
      default:
        throw new SluiceError("internal", "The provider-adapter sent a message of an unknown kind.");
    }
  }

  /** While the start is held back, a message that takes longer than the window's time is preceded by a judgement that must decide. */
  async #watch(pending: Promise<unknown>): Promise<void> {
    const ms = this.delivery.window.msLeft;
    if (ms === undefined) return;
    const expiry = new Promise<typeof EXPIRED>((resolve) => {
      this.#timer = setTimeout(() => resolve(EXPIRED), ms);
    });
    // A rejection of `pending` is seen by whoever awaits it next.
    const first = await Promise.race([pending.catch(() => undefined), expiry]);
    clearTimeout(this.#timer);
    if (first === EXPIRED) await this.delivery.judgeStart(true);
  }

  async #fail(error: SluiceError): Promise<void> {
    if (isNotStarted(error)) {
      await voidHold(this.#dependencies, this.#request, { attempt: this.attempt, reason: error.code });
    }
    const silent = !this.delivery.committed || this.#request.signal.aborted;
    await this.leave(error);
    if (silent) throw error;
    this.end = { outcome: "failed", error };
    this.delivery.sendBroken(error);
  }

  /** @throws cancelled or timeout if it is of no use any more: then the hold is given back, for nothing was asked for. */
  #call(): AsyncIterator<GenerateResponse> {
    const { provider, now } = this.#dependencies;
    const { signal, deadlineAt } = this.#request;
    const deadlineMs = deadlineAt === undefined ? undefined : deadlineAt - now();
    const details = { facts: { not_started: "true" } };
    if (signal.aborted) throw new SluiceError("cancelled", "The caller left before the attempt began.", { details });
    if (deadlineMs !== undefined && deadlineMs <= 0)
      throw new SluiceError("timeout", "The caller's time was over before the attempt began.", { details });
    const options = { signal, ...(deadlineMs !== undefined && { deadlineMs }) };
    return this.#span.run(() =>
      provider.generate(generateRequest(this.#request, this.attempt), options)[Symbol.asyncIterator](),
    );
  }
}

function isNotStarted(error: SluiceError | undefined): boolean {
  return error?.details.facts?.["not_started"] === "true";
}
