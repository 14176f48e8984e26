import { after } from "@sluice/platform/timers";

/** Limits of time of one attempt, in milliseconds. */
export interface Limits {
  readonly connectMs: number;
  readonly firstContentMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
}

/** Which limit ran out. */
export type Expired = "connect" | "first_content" | "idle" | "total";

/** Clock and timer, injected by tests. */
export interface Clock {
  /** Milliseconds; only differences matter. */
  now(): number;
  /** Calls back after `ms`; returns how to take it back. */
  after(ms: number, callback: () => void): () => void;
}

/** The process's own clock. Its timers do not keep the process alive: attempts in flight are waited for by drain. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after,
};

/**
 * Watches one attempt with a single timer: content only moves a timestamp, the timer looks again when it fires,
 * so that a delta costs no timer work.
 */
export class Watchdog {
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #onExpired: (which: Expired) => void;
  readonly #startedAt: number;
  #phase: "connect" | "first_content" | "idle" | "whole" = "connect";
  #phaseAt: number;
  #cancel: () => void;

  constructor(limits: Limits, clock: Clock, onExpired: (which: Expired) => void) {
    this.#limits = limits;
    this.#clock = clock;
    this.#onExpired = onExpired;
    this.#startedAt = clock.now();
    this.#phaseAt = this.#startedAt;
    this.#cancel = this.#arm();
  }

  /** The request is on its way; `streamed` answers must show content in time, plain ones only have the total limit. */
  sent(streamed: boolean): void {
    if (this.#phase !== "connect") return;
    this.#phase = streamed ? "first_content" : "whole";
    this.#rearm();
  }

  /** Content arrived. */
  content(): void {
    this.#phaseAt = this.#clock.now();
    if (this.#phase !== "first_content") return;
    this.#phase = "idle";
    this.#rearm();
  }

  stop(): void {
    this.#cancel();
  }

  #rearm(): void {
    this.#cancel();
    this.#phaseAt = this.#clock.now();
    this.#cancel = this.#arm();
  }

  #phaseLimit(): number {
    if (this.#phase === "connect") return this.#limits.connectMs;
    if (this.#phase === "first_content") return this.#limits.firstContentMs;
    return this.#phase === "idle" ? this.#limits.idleMs : Number.POSITIVE_INFINITY;
  }

  #arm(): () => void {
    const now = this.#clock.now();
    const phaseEnd = this.#phaseAt + this.#phaseLimit();
    const totalEnd = this.#startedAt + this.#limits.totalMs;
    const wait = Math.max(1, Math.ceil(Math.min(phaseEnd, totalEnd) - now));
    return this.#clock.after(wait, () => this.#look());
  }

  #look(): void {
    const now = this.#clock.now();
    if (now >= this.#startedAt + this.#limits.totalMs) this.#onExpired("total");
    else if (now >= this.#phaseAt + this.#phaseLimit())
      this.#onExpired(this.#phase === "whole" ? "total" : this.#phase);
    else this.#cancel = this.#arm();
  }
}
