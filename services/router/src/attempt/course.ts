import type { SluiceError } from "@sluice/platform/errors";
import type { CatalogModel } from "@sluice/proto/provider/v1/provider_service";
import { conductAfter, conductUnheld } from "./conduct.ts";

/** What bounds the attempts of a request; times in milliseconds, money in nano-USD. */
export interface CourseLimits {
  readonly attemptsMax: number;
  readonly timeMaxMs: number;
  readonly worstCaseMax: bigint | undefined;
  readonly sameCandidateMax: number;
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  readonly preferSameWithinMs: number;
}

/** What follows a failed attempt. */
export interface FollowUp {
  readonly next: "next_candidate" | "same_candidate" | "stop";
  /** Who is tried next; undefined on `stop`. */
  readonly candidate: CatalogModel | undefined;
  readonly reason: string;
  readonly backoffMs: number;
}

interface Runner {
  readonly candidate: CatalogModel;
  tries: number;
  /** False once it said something it would only say again. */
  open: boolean;
  /** Epoch milliseconds before which it asked not to be called again. */
  notBefore: number;
}

export interface FailedAttempt {
  readonly error: SluiceError;
  /** False if it found no hold, so that its candidate was not asked. */
  readonly held: boolean;
  /** True if content of it has reached the caller: nothing can follow. */
  readonly committed: boolean;
  readonly now: number;
}

/**
 * The way of one request through its candidates: who is first, and what follows a failure. No clock, no network: time and chance are given.
 */
export class Course {
  readonly #limits: CourseLimits;
  readonly #runners: Runner[];
  readonly #startedAt: number;
  readonly #random: () => number;
  #current: Runner | undefined;
  #attempts = 0;
  #worstCase = 0n;

  constructor(
    candidates: readonly CatalogModel[],
    limits: CourseLimits,
    clock: { readonly startedAt: number; readonly random: () => number },
  ) {
    this.#runners = candidates.map((candidate) => ({ candidate, tries: 0, open: true, notBefore: 0 }));
    this.#limits = limits;
    this.#startedAt = clock.startedAt;
    this.#random = clock.random;
  }

  /** The candidate of the first attempt; undefined if there is none. */
  first(): CatalogModel | undefined {
    return this.#take(this.#runners[0]);
  }

  /** Notes the worst case an attempt holds: money bounds a request's attempts too. */
  held(nanousd: bigint): void {
    this.#worstCase += nanousd;
  }

  /** What follows the current candidate's failure. */
  after({ error, held, committed, now }: FailedAttempt): FollowUp {
    const runner = this.#current;
    const conduct = held ? conductAfter(error) : conductUnheld(error);
    if (committed) return stop("content has left already");
    if (conduct === "stop" || runner === undefined) return stop(`${error.code} would be the same everywhere`);
    runner.open = conduct === "anywhere";
    const waitMs = error.details.retryAfterMs;
    if (waitMs !== undefined) runner.notBefore = now + waitMs;
    if (error.code === "upstream_context_too_long") this.#closeSmaller(runner.candidate);
    return this.#bound(now) ?? this.#choose(runner, error, now);
  }

  #bound(now: number): FollowUp | undefined {
    const { attemptsMax, timeMaxMs, worstCaseMax } = this.#limits;
    if (this.#attempts >= attemptsMax) return stop(`the limit of attempts (${attemptsMax}) is reached`);
    if (now - this.#startedAt > timeMaxMs) return stop(`the time for attempts (${timeMaxMs} ms) is over`);
    if (worstCaseMax !== undefined && this.#worstCase >= worstCaseMax)
      return stop("the worst cases of the attempts made reach their limit");
    return undefined;
  }

  #choose(failed: Runner, error: SluiceError, now: number): FollowUp {
    const { preferSameWithinMs, backoffMaxMs } = this.#limits;
    const waitMs = error.details.retryAfterMs;
    if (waitMs !== undefined && waitMs <= preferSameWithinMs && this.#mayRepeat(failed))
      return this.#go(failed, `${error.code}: it takes calls again in ${waitMs} ms`, waitMs);
    const untried = this.#runners.find(({ tries, open }) => tries === 0 && open);
    if (untried !== undefined) return this.#go(untried, error.code, 0);
    const [soonest] = this.#runners
      .filter((runner) => this.#mayRepeat(runner))
      .map((runner) => ({ runner, waitMs: Math.max(this.#backoff(runner), runner.notBefore - now) }))
      .sort((a, b) => a.waitMs - b.waitMs);
    if (soonest === undefined) return stop("no candidate is left");
    if (soonest.waitMs > backoffMaxMs) return stop("no candidate takes calls again soon enough");
    if (now + soonest.waitMs - this.#startedAt > this.#limits.timeMaxMs)
      return stop("no time is left for another attempt");
    return this.#go(soonest.runner, `${error.code}: no other candidate is left`, soonest.waitMs);
  }

  #go(runner: Runner, reason: string, backoffMs: number): FollowUp {
    const next = runner === this.#current ? "same_candidate" : "next_candidate";
    return { next, candidate: this.#take(runner), reason, backoffMs: Math.ceil(backoffMs) };
  }

  #take(runner: Runner | undefined): CatalogModel | undefined {
    if (runner === undefined) return undefined;
    this.#current = runner;
    this.#attempts++;
    runner.tries++;
    return runner.candidate;
  }

  #mayRepeat({ open, tries }: Runner): boolean {
    return open && tries > 0 && tries <= this.#limits.sameCandidateMax;
  }

  /** Exponential with jitter between half and the whole, so that many callers do not come back together. */
  #backoff({ tries }: Runner): number {
    const { backoffMs, backoffMaxMs } = this.#limits;
    const full = Math.min(backoffMaxMs, backoffMs * 2 ** Math.max(0, tries - 1));
    return full * (0.5 + this.#random() / 2);
  }

  /** A prompt that is too long for one model is too long for those that take no more. */
  #closeSmaller({ contextTokens }: CatalogModel): void {
    if (contextTokens === 0n) return;
    for (const runner of this.#runners) {
      const known = runner.candidate.contextTokens;
      if (known !== 0n && known <= contextTokens) runner.open = false;
    }
  }
}

function stop(reason: string): FollowUp {
  return { next: "stop", candidate: undefined, reason, backoffMs: 0 };
}
