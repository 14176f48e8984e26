import { type Accumulator, accumulate } from "@sluice/platform/chat";
import { fromErrorDetail, SluiceError, toErrorDetail } from "@sluice/platform/errors";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { GenerateTail } from "@sluice/proto/provider/v1/provider_service";
import { RouteHead, type RouteResponse, RouteSummary } from "@sluice/proto/router/v1/router_service";
import type { TaskResult } from "@sluice/proto/tasks/v1/tasks";
import { Level, Phase } from "@sluice/proto/validator/v1/validator_service";
import { costOf } from "./cost.ts";
import { isFirstContent, isVisible, type Judgement, judge, judges } from "./judge.ts";
import { faultOf, rejectedResult } from "./judge-result.ts";
import { isStructured, repaired, wantsJson } from "./structured.ts";
import type { Attempt, EngineDependencies, RoutedRequest } from "./types.ts";
import { Window } from "./window.ts";

/** How an attempt ended for the caller. */
export interface AttemptEnd {
  readonly outcome: "delivered" | "failed" | "rejected";
  readonly error?: SluiceError;
}

/**
 * Delivers one attempt's answer: holds the start back until it is judged, passes the rest on, judges the whole at the end. What may leave is
 * handed to `send`. State of one attempt only; a failed attempt leaves nothing behind.
 */
export class Delivery {
  readonly window: Window;
  readonly answer: Accumulator = accumulate();
  committed = false;
  verdict = "";
  firstContentAt: number | undefined;
  /** Why the model stopped, in the provider's words; empty while it runs. */
  finishReason = "";
  readonly #dependencies: EngineDependencies;
  readonly #request: RoutedRequest;
  readonly #attempt: Attempt;
  readonly #send: (message: RouteResponse) => void;
  /** True while nothing may leave before the end: plain and strict answers, JSON, and from its first tool call on any answer. */
  #waitsForEnd: boolean;
  /** False at the level at which nobody judges: then nothing needs to be put together. */
  readonly #judged: boolean;
  /** True if tool calls and JSON wait until they are whole. */
  readonly #holdsStructure: boolean;
  /** What waits for the end although content has left already. */
  #heldLate: ChatChunk[] = [];
  /** Result of a request beside chat. */
  #result: TaskResult | undefined;
  /** Cost of the attempts before this one in nano-USD; undefined if one of them is not known yet. */
  readonly #costBefore: bigint | undefined;

  constructor(
    dependencies: EngineDependencies,
    request: RoutedRequest,
    run: {
      readonly attempt: Attempt;
      readonly costBefore: bigint | undefined;
      readonly send: (message: RouteResponse) => void;
    },
  ) {
    const { config } = dependencies;
    this.#dependencies = dependencies;
    this.#request = request;
    this.#attempt = run.attempt;
    this.#send = run.send;
    this.#costBefore = run.costBefore;
    this.#judged = judges(request.level);
    this.#holdsStructure = request.level === Level.LEVEL_GUARD && !request.settings.eager;
    this.#waitsForEnd =
      !request.chat.stream || request.level === Level.LEVEL_STRICT || (this.#holdsStructure && wantsJson(request.chat));
    this.window = new Window(
      {
        minTokens: config.window_min_tokens,
        maxTokens: config.window_max_tokens,
        maxMs: config.window_max_ms,
        choices: request.chat.n ?? 1,
      },
      dependencies.now,
    );
  }

  /** True while the start is held back and a timer must watch it. */
  get watching(): boolean {
    return this.#request.level === Level.LEVEL_GUARD && !this.committed && !this.#waitsForEnd;
  }

  /** Takes chunks in and sends what may leave now; a promise while a judgement is under way. @throws upstream_bad_response */
  take(chunks: ChatChunk[]): Promise<void> | undefined {
    for (const chunk of chunks) {
      if (this.#judged) this.answer.push(chunk);
      if (chunk.event?.$case === "finish") this.finishReason ||= chunk.event.value.rawReason;
    }
    if (this.firstContentAt === undefined && chunks.some(isFirstContent))
      this.firstContentAt = this.#dependencies.now();
    if (this.#holdsStructure && !this.#waitsForEnd && chunks.some(isStructured)) this.#waitsForEnd = true;
    if (this.committed) {
      if (this.#waitsForEnd) this.#heldLate.push(...chunks);
      else this.#send(batch(chunks));
      return undefined;
    }
    this.window.add(chunks);
    if (this.#waitsForEnd) return undefined;
    if (this.#request.level === Level.LEVEL_GUARD) {
      const { due, full, late } = this.window;
      return due || late ? this.judgeStart(full || late) : undefined;
    }
    // An answer that has only begun may still fail over, also where nobody judges it.
    if (chunks.some(isVisible)) this.#commit();
    return undefined;
  }

  /** Judges the start; `mustDecide` lets an undecided one through. @throws upstream_bad_response if it is bad. */
  async judgeStart(mustDecide: boolean): Promise<void> {
    const judgement = await this.#judge(Phase.PHASE_WINDOW);
    if (judgement.verdict === "fail") throw rejected(judgement);
    if (judgement.verdict === "undecided" && !mustDecide) this.window.judged();
    else this.#commit();
  }

  /** Takes the result of a request beside chat, which is held until its attempt has ended. */
  takeResult(result: TaskResult): void {
    this.firstContentAt ??= this.#dependencies.now();
    this.#result = result;
  }

  /** Takes the tail in: final judgement, what is still held, the summary. @throws the failure, if nothing has left. */
  async close(tail: GenerateTail): Promise<AttemptEnd> {
    let error = tail.error === undefined ? undefined : fromErrorDetail(tail.error);
    let outcome: AttemptEnd["outcome"] = error === undefined ? "delivered" : "failed";
    if (error === undefined && this.#request.task !== undefined) {
      const fault = faultOf(this.#request.task, this.#result);
      this.verdict = fault === undefined ? "pass" : "fail";
      if (fault !== undefined) error = rejectedResult(fault);
      if (fault !== undefined) outcome = "rejected";
    } else if (error === undefined && this.#judged) {
      const judgement = await this.#judge(Phase.PHASE_FINAL);
      this.verdict = judgement.verdict === "undecided" ? "pass" : judgement.verdict;
      if (this.#isBad(judgement.verdict)) {
        error = rejected(judgement);
        outcome = "rejected";
      } else if (judgement.verdict === "repair" && this.#mayRepair()) {
        this.window.replace((held) => repaired(held, judgement.repairedText));
      }
    }
    if (error !== undefined && !this.committed) throw error;
    if (!this.committed) this.#commit();
    if (error === undefined && this.#heldLate.length > 0) this.#send(batch(this.#heldLate));
    this.#send(await this.#summary(tail, error));
    return error === undefined ? { outcome } : { outcome, error };
  }

  /** Ends a committed answer whose attempt broke: the caller gets an explicit error, never a silent end. */
  sendBroken(error: SluiceError): void {
    const summary = RouteSummary.fromPartial({ verdict: this.verdict, error: toErrorDetail(error) });
    this.#send({ message: { $case: "summary", value: summary } });
  }

  #isBad(verdict: Judgement["verdict"]): boolean {
    if (this.#request.level === Level.LEVEL_OBSERVE) return false;
    return verdict === "fail" || (verdict === "unvalidated" && this.#request.level === Level.LEVEL_STRICT);
  }

  /** Only what is held as a whole can be replaced, and only where one text was asked for. */
  #mayRepair(): boolean {
    const { settings, chat, level } = this.#request;
    return settings.jsonRepair && level !== Level.LEVEL_OBSERVE && !this.committed && (chat.n ?? 1) === 1;
  }

  async #judge(phase: Phase): Promise<Judgement> {
    const judgement = await judge(this.#dependencies, {
      request: this.#request,
      attempt: this.#attempt,
      answer: this.answer,
      phase,
      allowRepair: this.#mayRepair(),
    });
    if (judgement.verdict === "unvalidated") this.#attempt.warnings.push("unvalidated");
    return judgement;
  }

  #commit(): void {
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
    head.rate = this.#attempt.rate;
    head.budgetWarnings = [...this.#attempt.budgetWarnings];
    this.#send({ message: { $case: "head", value: head } });
    const held = this.window.release();
    if (held.length > 0) this.#send(batch(held));
    if (this.#result !== undefined) this.#send({ message: { $case: "result", value: this.#result } });
  }

  async #summary(tail: GenerateTail, error: SluiceError | undefined): Promise<RouteResponse> {
    const summary = RouteSummary.create();
    summary.usage = tail.usage;
    summary.usageSource = tail.usageSource;
    summary.verdict = this.verdict;
    if (error !== undefined) summary.error = toErrorDetail(error);
    const own = this.#costBefore === undefined ? undefined : await costOf(this.#dependencies, this.#attempt, tail);
    if (own !== undefined && this.#costBefore !== undefined) summary.costNanousd = own + this.#costBefore;
    return { message: { $case: "summary", value: summary } };
  }
}

function batch(chunks: ChatChunk[]): RouteResponse {
  return { message: { $case: "batch", value: { chunks } } };
}

function rejected({ verdict, reason, checks }: Judgement): SluiceError {
  const message =
    verdict === "unvalidated"
      ? `The model's answer could not be judged (${reason}); level strict serves only what was.`
      : `The model's answer was judged bad (${reason || "no reason given"}).`;
  return new SluiceError("upstream_bad_response", message, {
    details: { facts: { verdict, checks: checks.join(",") } },
  });
}
