/** How breakers behave; times in milliseconds. */
export interface BreakerLimits {
  readonly failuresMin: number;
  readonly failureShare: number;
  readonly windowMs: number;
  readonly openMs: number;
  readonly openMaxMs: number;
}

/** What a breaker says about its candidate now. */
export type BreakerState = "closed" | "open" | "half_open";

/** What became of an attempt, as far as its candidate's health is concerned. */
export type HealthSign = "success" | "failure" | "none";

interface Bucket {
  startedAt: number;
  successes: number;
  failures: number;
}

interface Breaker {
  state: BreakerState;
  /** Two halves of the window: the younger fills, the older leaves as a whole. */
  young: Bucket;
  old: Bucket;
  openUntil: number;
  openForMs: number;
  /** Until when a rate limit asks not to be called. */
  busyUntil: number;
  /** Until when others wait for the probe under way; 0 without one. A probe may be a long answer: it does not keep others away for ever. */
  probingUntil: number;
}

/** Callers may invent names of variants: the oldest breakers give way. */
const BREAKERS_MAX = 10_000;

/**
 * One breaker per provider and model (M. Nygard, "Release It!", 2007): it opens when the failures within a sliding window are many and a large
 * share, stays open for a while that doubles with every probe that fails, then lets a single attempt probe. Advice only: the router
 * tries what others it has first, it never refuses a request because of a breaker. Not shared between processes.
 */
export class Breakers {
  readonly #limits: BreakerLimits;
  readonly #onChange: (key: string, state: BreakerState) => void;
  readonly #breakers = new Map<string, Breaker>();

  constructor(limits: BreakerLimits, onChange: (key: string, state: BreakerState) => void) {
    this.#limits = limits;
    this.#onChange = onChange;
  }

  /** True if the candidate should be tried only after the others: failing, or asked not to be called yet. */
  avoid(key: string, now: number): boolean {
    const breaker = this.#breakers.get(key);
    if (breaker === undefined) return false;
    if (breaker.busyUntil > now) return true;
    if (breaker.state === "closed") return false;
    return breaker.openUntil > now || breaker.probingUntil > now;
  }

  state(key: string): BreakerState {
    return this.#breakers.get(key)?.state ?? "closed";
  }

  /**
   * An attempt begins; true if it is the probe of a breaker whose pause is over. Every call is followed by one of `ended`, which is told
   * so: attempts that began before the breaker opened say nothing about what the pause has changed.
   */
  began(key: string, now: number): boolean {
    const breaker = this.#breakers.get(key);
    if (breaker === undefined || breaker.state === "closed") return false;
    if (breaker.openUntil > now || breaker.probingUntil > now) return false;
    breaker.probingUntil = now + this.#limits.openMaxMs;
    this.#become(key, breaker, "half_open");
    return true;
  }

  /** An attempt ended. `none` says nothing about health, e.g. because the caller left: another one may probe then. */
  ended(key: string, attempt: { readonly sign: HealthSign; readonly probe: boolean }, now: number): void {
    const { sign, probe } = attempt;
    // Nearly every attempt succeeds on a candidate that never failed: nothing to remember.
    if (sign !== "failure" && !this.#breakers.has(key)) return;
    const breaker = this.#of(key, now);
    if (probe) breaker.probingUntil = 0;
    if (sign === "none") return;
    this.#turn(breaker, now);
    if (sign === "success") {
      breaker.young.successes++;
      if (breaker.state !== "closed" && probe) this.#close(key, breaker, now);
      return;
    }
    breaker.young.failures++;
    if (breaker.state === "closed" ? this.#isFailing(breaker) : probe) this.#open(key, breaker, now);
  }

  /** A rate limit named the time after which the candidate takes calls again. */
  busy(key: string, untilMs: number, now: number): void {
    const breaker = this.#of(key, now);
    breaker.busyUntil = Math.max(breaker.busyUntil, untilMs);
  }

  #isFailing({ young, old }: Breaker): boolean {
    const failures = young.failures + old.failures;
    const all = failures + young.successes + old.successes;
    return failures >= this.#limits.failuresMin && failures >= all * this.#limits.failureShare;
  }

  #open(key: string, breaker: Breaker, now: number): void {
    const { openMs, openMaxMs } = this.#limits;
    breaker.openForMs = breaker.openForMs === 0 ? openMs : Math.min(openMaxMs, breaker.openForMs * 2);
    breaker.openUntil = now + breaker.openForMs;
    this.#become(key, breaker, "open");
  }

  #close(key: string, breaker: Breaker, now: number): void {
    breaker.openForMs = 0;
    breaker.young = emptyBucket(now);
    breaker.old = emptyBucket(now);
    this.#become(key, breaker, "closed");
  }

  #become(key: string, breaker: Breaker, state: BreakerState): void {
    if (breaker.state === state) return;
    breaker.state = state;
    this.#onChange(key, state);
  }

  #turn(breaker: Breaker, now: number): void {
    const half = this.#limits.windowMs / 2;
    const age = now - breaker.young.startedAt;
    if (age < half) return;
    breaker.old = age < 2 * half ? breaker.young : emptyBucket(now);
    breaker.young = emptyBucket(now);
  }

  #of(key: string, now: number): Breaker {
    let breaker = this.#breakers.get(key);
    if (breaker !== undefined) return breaker;
    if (this.#breakers.size >= BREAKERS_MAX) this.#forgetOldest();
    breaker = {
      state: "closed",
      young: emptyBucket(now),
      old: emptyBucket(now),
      openUntil: 0,
      openForMs: 0,
      busyUntil: 0,
      probingUntil: 0,
    };
    this.#breakers.set(key, breaker);
    return breaker;
  }

  #forgetOldest(): void {
    const oldest = this.#breakers.keys().next();
    if (oldest.done !== true) this.#breakers.delete(oldest.value);
  }
}

function emptyBucket(startedAt: number): Bucket {
  return { startedAt, successes: 0, failures: 0 };
}
