import { type Accumulator, accumulate } from "@sluice/platform/chat";
import { fromErrorDetail, SluiceError, toErrorDetail } from "@sluice/platform/errors";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { GenerateTail } from "@sluice/proto/provider/v1/provider_service";
import { RouteHead, type RouteResponse, RouteSummary } from "@sluice/proto/router/v1/router_service";
import { Level, Phase } from "@sluice/proto/validator/v1/validator_service";
import { isFirstContent, judge, judges } from "./judge.ts";
import type { Attempt, EngineDependencies, RoutedRequest } from "./types.ts";
import { Window } from "./window.ts";

/** How an attempt ended for the caller. */
export interface AttemptEnd {
  readonly outcome: "delivered" | "failed" | "rejected";
  readonly error?: SluiceError;
}

/**
 * Delivers one attempt's answer: holds the start back until it is judged, passes the rest on, judges the whole at the end. State of
 * one attempt only; a failed attempt leaves nothing behind.
 */
export class Delivery {
  readonly window: Window;
  readonly answer: Accumulator = accumulate();
  committed = false;
  verdict = "";
  firstContentAt: number | undefined;
  readonly #dependencies: EngineDependencies;
  readonly #request: RoutedRequest;
  readonly #attempt: Attempt;
  /** Plain answers arrive at once and strict ones are judged whole: both wait for the end. */
  readonly #waitsForEnd: boolean;

  constructor(dependencies: EngineDependencies, request: RoutedRequest, attempt: Attempt) {
    const { config } = dependencies;
    this.#dependencies = dependencies;
    this.#request = request;
    this.#attempt = attempt;
    this.#waitsForEnd = !request.chat.stream || request.level === Level.LEVEL_STRICT;
    this.window = new Window(
      { minTokens: config.window_min_tokens, maxTokens: config.window_max_tokens, maxMs: config.window_max_ms },
      dependencies.now,
    );
  }

  /** True while the start is held back and a timer must watch it. */
  get watching(): boolean {
    return !this.committed && !this.#waitsForEnd;
  }

  /** Takes chunks in; gives messages that may leave now. @throws upstream_bad_response if the start was judged bad. */
  async *take(chunks: ChatChunk[]): AsyncGenerator<RouteResponse> {
    for (const chunk of chunks) this.answer.push(chunk);
    if (this.firstContentAt === undefined && chunks.some(isFirstContent))
      this.firstContentAt = this.#dependencies.now();
    if (this.committed) {
      yield batch(chunks);
      return;
    }
    this.window.add(chunks);
    if (this.#waitsForEnd) return;
    if (this.#request.level !== Level.LEVEL_GUARD) yield* this.#commit();
    else if (this.window.due) yield* this.judgeStart(this.window.full);
  }

  /** Judges the start; `mustDecide` lets an undecided one through. @throws upstream_bad_response if it is bad. */
  async *judgeStart(mustDecide: boolean): AsyncGenerator<RouteResponse> {
    const judgement = await this.#judge(Phase.PHASE_WINDOW);
    if (judgement.verdict === "fail") throw rejected(judgement.reason);
    if (judgement.verdict === "undecided" && !mustDecide) {
      this.window.judged();
      return;
    }
    yield* this.#commit();
  }

  /** Takes the tail in: final judgement, what is still held, the summary. */
  async *close(tail: GenerateTail): AsyncGenerator<RouteResponse, AttemptEnd> {
    let error = tail.error === undefined ? undefined : fromErrorDetail(tail.error);
    let outcome: AttemptEnd["outcome"] = error === undefined ? "delivered" : "failed";
    if (error === undefined && judges(this.#request.level)) {
      const judgement = await this.#judge(Phase.PHASE_FINAL);
      this.verdict = judgement.verdict === "undecided" ? "pass" : judgement.verdict;
      if (this.#isBad(judgement.verdict)) {
        error = rejected(judgement.reason);
        outcome = "rejected";
      }
    }
    if (error !== undefined && !this.committed) throw error;
    if (!this.committed) yield* this.#commit();
    yield await this.#summary(tail, error);
    return error === undefined ? { outcome } : { outcome, error };
  }

  /** Ends a committed answer whose attempt broke: the caller gets an explicit error, never a silent end. */
  brokenSummary(error: SluiceError): RouteResponse {
    const summary = RouteSummary.fromPartial({ verdict: this.verdict, error: toErrorDetail(error) });
    return { message: { $case: "summary", value: summary } };
  }

  get finishReason(): string {
    return this.answer.answers()[0]?.finish?.rawReason ?? "";
  }

  #isBad(verdict: string): boolean {
    if (this.#request.level === Level.LEVEL_OBSERVE) return false;
    return verdict === "fail" || (verdict === "unvalidated" && this.#request.level === Level.LEVEL_STRICT);
  }

  async #judge(phase: Phase) {
    const judgement = await judge(this.#dependencies, {
      request: this.#request,
      attempt: this.#attempt,
      answer: this.answer,
      phase,
    });
    if (judgement.verdict === "unvalidated") this.#attempt.warnings.push("unvalidated");
    return judgement;
  }

  *#commit(): Generator<RouteResponse> {
    this.committed = true;
    const { candidate } = this.#attempt;
    const head = RouteHead.create();
    head.attemptId = this.#attempt.id;
    head.provider = candidate.provider;
    head.model = candidate.model;
    head.attempts = this.#attempt.ordinal;
    head.simulated = candidate.simulated;
    head.warnings = [...new Set(this.#attempt.warnings)];
    head.outputTokenBound = BigInt(this.#attempt.outputTokenBound);
    yield { message: { $case: "head", value: head } };
    const held = this.window.release();
    if (held.length > 0) yield batch(held);
  }

  async #summary(tail: GenerateTail, error: SluiceError | undefined): Promise<RouteResponse> {
    const summary = RouteSummary.create();
    summary.usage = tail.usage;
    summary.usageSource = tail.usageSource;
    summary.verdict = this.verdict;
    if (error !== undefined) summary.error = toErrorDetail(error);
    summary.costNanousd = await this.#cost(tail);
    return { message: { $case: "summary", value: summary } };
  }

  /** What the ledger will charge, by the price version of the hold; unknown if it cannot be asked right now. */
  async #cost(tail: GenerateTail): Promise<bigint | undefined> {
    if (tail.usage === undefined) return 0n;
    try {
      const quote = await this.#dependencies.ledger.quote(
        {
          priceId: this.#attempt.candidate.priceId,
          priceVersion: this.#attempt.priceVersion,
          usage: tail.usage,
          atMs: BigInt(this.#attempt.startedAt),
        },
        { deadlineMs: 2000 },
      );
      return quote.priced ? quote.costNanousd : undefined;
    } catch (thrown) {
      this.#dependencies.log.warn(
        { err: thrown, attempt: this.#attempt.id },
        "cost not known for the answer's headers",
      );
      return undefined;
    }
  }
}

function batch(chunks: ChatChunk[]): RouteResponse {
  return { message: { $case: "batch", value: { chunks } } };
}

function rejected(reason: string): SluiceError {
  return new SluiceError(
    "upstream_bad_response",
    `The model's answer was judged bad (${reason || "no reason given"}).`,
    {
      details: { facts: { verdict: "fail" } },
    },
  );
}
