import { SluiceError } from "@sluice/platform/errors";
import type { MessageSource } from "@sluice/platform/rpc";
import type { CatalogModel } from "@sluice/proto/provider/v1/provider_service";
import type { RouteResponse } from "@sluice/proto/router/v1/router_service";
import { breakerKey } from "../plan/plan-request.ts";
import { AttemptRun } from "./attempt-run.ts";
import { healthSign } from "./conduct.ts";
import { costOf } from "./cost.ts";
import { Course, type FollowUp } from "./course.ts";
import { type Failure, failureOf } from "./failure.ts";
import { voidHold } from "./keep-hold.ts";
import { type AttemptPlace, placeHold } from "./place-hold.ts";
import { type FinishedAttempt, reportFinished } from "./report.ts";
import type { Attempt, EngineDependencies, RoutedRequest } from "./types.ts";

/**
 * The attempt engine: tries one candidate after the other, each under a hold of its own, until an answer is good. Nothing of a failed attempt
 * reaches the caller; what follows a failure is the course's decision.
 * `decided` is the decision becoming durable: no attempt starts before it is.
 * @throws the error that says most about why nobody could serve
 */
export function openAttempts(
  dependencies: EngineDependencies,
  request: RoutedRequest,
  decided: Promise<void>,
): MessageSource<RouteResponse> {
  return new Engine(dependencies, request, decided);
}

/** Drives the attempts of one request. */
class Engine implements MessageSource<RouteResponse> {
  readonly #dependencies: EngineDependencies;
  readonly #request: RoutedRequest;
  readonly #decided: Promise<void>;
  readonly #course: Course;
  readonly #failures: Failure[] = [];
  #run: AttemptRun | undefined;
  /** True if the attempt under way is the probe of its candidate's breaker. */
  #probe = false;
  #ordinal = 0;
  /** True once an attempt has found a hold. */
  #held = false;
  #place: AttemptPlace | undefined;
  #next: FollowUp | undefined;
  #over = false;
  /** Cost of the failed attempts in nano-USD; undefined once one of them is not known yet. */
  #costBefore: bigint | undefined = 0n;
  /** Reports of failed attempts become durable while the next attempt is prepared. */
  #reporting: Promise<void> = Promise.resolve();

  constructor(dependencies: EngineDependencies, request: RoutedRequest, decided: Promise<void>) {
    this.#dependencies = dependencies;
    this.#request = request;
    this.#decided = decided;
    this.#course = courseOf(dependencies, request);
  }

  /** The next message for the caller; undefined when the answer is complete and reported. */
  next(): RouteResponse | Promise<RouteResponse | undefined> {
    return (this.#over ? undefined : this.#run?.ready()) ?? this.#advance();
  }

  async #advance(): Promise<RouteResponse | undefined> {
    while (!this.#over) {
      try {
        this.#run ??= await this.#start();
        const message = await this.#run.next();
        if (message !== undefined) return message;
        await this.#complete(this.#run);
      } catch (thrown) {
        await this.#failed(SluiceError.from(thrown));
      }
    }
    return undefined;
  }

  /** Ends what is under way, because the caller left or the answer is complete. */
  async close(): Promise<void> {
    const run = this.#run;
    if (run?.handedOver === true && !this.#over) await this.#complete(run);
    else if (run !== undefined && !this.#over) {
      this.#over = true;
      await run.leave();
      this.#noteHealth(run.attempt, undefined);
      await this.#report(run, { outcome: "cancelled", error: undefined, followUp: undefined });
    }
    await this.#reporting;
  }

  async #start(): Promise<AttemptRun> {
    const candidate = this.#ordinal === 0 ? this.#course.first() : this.#next?.candidate;
    if (candidate === undefined) throw new SluiceError("internal", "A request reached the engine without a candidate.");
    this.#place = this.#placeOf(candidate);
    const attempt = await this.#hold(this.#place);
    this.#course.held(attempt.heldNanousd);
    this.#held = true;
    this.#probe = this.#dependencies.breakers.began(breakerKey(candidate), this.#dependencies.now());
    return new AttemptRun(this.#dependencies, this.#request, { attempt, costBefore: this.#costBefore });
  }

  #placeOf(candidate: CatalogModel): AttemptPlace {
    const { newAttemptId, now } = this.#dependencies;
    return { id: newAttemptId(), ordinal: ++this.#ordinal, candidate, startedAt: now(), counted: this.#held };
  }

  /** The hold and the decision become durable at the same time; without the decision the hold is given back. */
  async #hold(place: AttemptPlace): Promise<Attempt> {
    const holding = placeHold(this.#dependencies, this.#request, place);
    const [held, decision] = await Promise.allSettled([holding, this.#decided]);
    if (decision.status === "rejected") {
      this.#over = true;
      if (held.status === "fulfilled")
        await voidHold(this.#dependencies, this.#request, {
          attempt: held.value,
          reason: "the decision could not be stored",
        });
      throw decision.reason;
    }
    if (held.status === "rejected") throw held.reason;
    return held.value;
  }

  /** The attempt has given all it had. */
  async #complete(run: AttemptRun): Promise<void> {
    this.#over = true;
    await run.leave();
    const { end } = run;
    this.#noteHealth(run.attempt, end?.error ?? "success");
    await this.#report(run, { outcome: end?.outcome ?? "failed", error: end?.error, followUp: undefined });
  }

  /** An attempt failed before anything of it left, or could not begin. @throws what the caller is told, if nothing follows */
  async #failed(error: SluiceError): Promise<void> {
    if (this.#over) throw error;
    const { signal } = this.#request;
    const run = this.#run;
    this.#run = undefined;
    const cancelled = signal.aborted || error.code === "cancelled";
    const now = this.#dependencies.now();
    const followUp: FollowUp | undefined = cancelled
      ? undefined
      : this.#course.after({ error, held: run !== undefined, committed: run?.delivery.committed ?? false, now });
    if (run !== undefined) {
      await run.leave(error);
      this.#noteHealth(run.attempt, cancelled ? undefined : error);
      const rejected = error.details.facts?.["verdict"] !== undefined;
      const outcome = cancelled ? "cancelled" : rejected ? "rejected" : "failed";
      this.#reportLater(this.#report(run, { outcome, error, followUp }));
      await this.#addCost(run, error);
    } else if (this.#place !== undefined) {
      const outcome = cancelled ? "cancelled" : "refused";
      this.#reportLater(this.#reportUnheld(this.#place, { outcome, error, followUp }));
    }
    this.#failures.push({ error, held: run !== undefined });
    if (followUp === undefined || followUp.candidate === undefined) {
      this.#over = true;
      await this.#reporting;
      throw cancelled ? error : failureOf(this.#failures);
    }
    this.#next = followUp;
    if (followUp.backoffMs > 0) await this.#wait(followUp.backoffMs, followUp.candidate);
  }

  /** A failed attempt may cost something all the same; where that is known only later, so is the request's cost. */
  async #addCost(run: AttemptRun, { details }: SluiceError): Promise<void> {
    if (this.#costBefore === undefined) return;
    if (details.facts?.["unbilled"] === "true" || details.facts?.["not_started"] === "true") return;
    const cost = run.tail === undefined ? undefined : await costOf(this.#dependencies, run.attempt, run.tail);
    this.#costBefore = cost === undefined ? undefined : this.#costBefore + cost;
  }

  /** Waits for the next attempt. A caller who leaves meanwhile ends the story as that attempt's: the one before has been told already. */
  async #wait(ms: number, candidate: CatalogModel): Promise<void> {
    try {
      await this.#dependencies.pause(ms, this.#request.signal);
    } catch (cause) {
      this.#over = true;
      const error = new SluiceError("cancelled", "The caller left while the next attempt was waited for.", { cause });
      const ending = { outcome: "cancelled", error, followUp: undefined } as const;
      this.#reportLater(this.#reportUnheld(this.#placeOf(candidate), ending));
      await this.#reporting;
      throw error;
    }
  }

  #noteHealth(attempt: Attempt, ending: SluiceError | "success" | undefined): void {
    const { breakers, now } = this.#dependencies;
    const key = breakerKey(attempt.candidate);
    const sign = ending === "success" ? "success" : ending === undefined ? "none" : healthSign(ending);
    breakers.ended(key, { sign, probe: this.#probe }, now());
    if (ending === undefined || ending === "success") return;
    const { retryAfterMs } = ending.details;
    if (ending.code === "upstream_rate_limited" && retryAfterMs !== undefined)
      breakers.busy(key, now() + retryAfterMs, now());
  }

  #reportLater(report: Promise<void>): void {
    this.#reporting = Promise.all([this.#reporting, report]).then(() => undefined);
  }

  #report(
    { attempt, delivery }: AttemptRun,
    ending: Pick<FinishedAttempt, "outcome" | "error" | "followUp">,
  ): Promise<void> {
    const rejected = ending.outcome === "rejected";
    return reportFinished(this.#dependencies, this.#request, {
      attempt,
      ...ending,
      committed: delivery.committed,
      verdict: delivery.verdict || (rejected ? "fail" : ""),
      firstContentAt: delivery.firstContentAt,
      finishReason: delivery.finishReason,
    });
  }

  /** An attempt that found no hold, or whose caller left before: it never began, but it is part of the story. */
  #reportUnheld(attempt: AttemptPlace, ending: Pick<FinishedAttempt, "outcome" | "error" | "followUp">): Promise<void> {
    const none = { committed: false, verdict: "", finishReason: "" };
    return reportFinished(this.#dependencies, this.#request, { attempt, ...ending, ...none });
  }
}

function courseOf({ config, now, random }: EngineDependencies, request: RoutedRequest): Course {
  const { attempts, retry } = config;
  const worstCaseUsd = attempts.worst_case_usd_max;
  return new Course(
    request.candidates,
    {
      attemptsMax: request.attemptsMax,
      timeMaxMs: attempts.time_max_ms,
      worstCaseMax: worstCaseUsd === undefined ? undefined : BigInt(worstCaseUsd) * 1_000_000_000n,
      sameCandidateMax: retry.same_candidate_max,
      backoffMs: retry.backoff_ms,
      backoffMaxMs: retry.backoff_max_ms,
      preferSameWithinMs: retry.prefer_same_within_ms,
    },
    { startedAt: now(), random },
  );
}
