import { SluiceError } from "@sluice/platform/errors";

export interface GateLimits {
  /** Most requests at once. */
  readonly total: number;
  /** Most requests at once with one key; 0 sets no limit. */
  readonly perKey: number;
  /** Most bytes of bodies of requests in flight: a request in work takes several times its body's size in memory. */
  readonly bytes: number;
}

/** A request's place among those in flight; released once. */
export interface Place {
  /** Takes room for so many more bytes of the request's body. @throws overloaded when the door has none */
  reserve(bytes: number): void;
  release(): void;
}

/** Bounds the requests in flight, and lets a stopping door wait for them or end them. */
export class InFlightGate {
  private readonly limits: GateLimits;
  private readonly perKey = new Map<string, number>();
  private readonly open = new Set<AbortController>();
  private readonly waiting: (() => void)[] = [];
  private stopping = false;
  private bytes = 0;

  constructor(limits: GateLimits) {
    this.limits = limits;
  }

  get count(): number {
    return this.open.size;
  }

  get draining(): boolean {
    return this.stopping;
  }

  /**
   * Takes a place; `abort` is used only if the door has to end the request.
   * @throws overloaded when the door is full or stopping, rate_limited when the key has too many requests in flight
   */
  enter(keyId: string, abort: AbortController): Place {
    if (this.stopping) throw stoppingError();
    if (this.open.size >= this.limits.total) {
      throw new SluiceError(
        "overloaded",
        `${this.open.size} requests are in flight; the limit is ${this.limits.total} (ingress.max_in_flight). Try again in a second.`,
        { details: { retryAfterMs: 1_000 } },
      );
    }
    if (this.limits.perKey > 0) this.enterKey(keyId);
    this.open.add(abort);
    let reserved = 0;
    return {
      reserve: (bytes) => {
        this.takeRoom(bytes);
        reserved += bytes;
      },
      release: () => {
        this.bytes -= reserved;
        reserved = 0;
        this.leave(keyId, abort);
      },
    };
  }

  /** Takes nothing new; resolves when nothing is in flight or `deadlineMs` has passed, having ended what was left. */
  async drain(deadlineMs: number): Promise<void> {
    this.stopping = true;
    if (await this.idleWithin(deadlineMs)) return;
    for (const abort of this.open) abort.abort(stoppingError());
    // What was told to end needs a moment to say so to its client.
    await this.idleWithin(1_000);
  }

  private takeRoom(bytes: number): void {
    const { bytes: limit } = this.limits;
    if (this.bytes + bytes > limit) {
      throw new SluiceError(
        "overloaded",
        `The bodies of the requests in flight have ${this.bytes} bytes; the limit is ${limit} (ingress.in_flight_bytes_max). Try again in a second.`,
        { details: { retryAfterMs: 1_000 } },
      );
    }
    this.bytes += bytes;
  }

  private enterKey(keyId: string): void {
    const { perKey } = this.limits;
    const count = this.perKey.get(keyId) ?? 0;
    if (count >= perKey) {
      throw new SluiceError(
        "rate_limited",
        `This key has ${count} requests in flight; the limit is ${perKey} (ingress.max_in_flight_per_key).`,
        { details: { retryAfterMs: 1_000 } },
      );
    }
    this.perKey.set(keyId, count + 1);
  }

  private leave(keyId: string, abort: AbortController): void {
    if (!this.open.delete(abort)) return;
    if (this.limits.perKey > 0) {
      const count = (this.perKey.get(keyId) ?? 1) - 1;
      if (count === 0) this.perKey.delete(keyId);
      else this.perKey.set(keyId, count);
    }
    if (this.open.size === 0) for (const resolve of this.waiting.splice(0)) resolve();
  }

  private async idleWithin(deadlineMs: number): Promise<boolean> {
    if (this.open.size === 0) return true;
    let timer: NodeJS.Timeout | undefined;
    const idle = new Promise<boolean>((resolve) => this.waiting.push(() => resolve(true)));
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), Math.max(0, deadlineMs));
    });
    const wasIdle = await Promise.race([idle, late]);
    clearTimeout(timer);
    return wasIdle;
  }
}

function stoppingError(): SluiceError {
  return new SluiceError("unavailable", "The gateway is shutting down. Try again in a few seconds.", {
    details: { retryAfterMs: 2_000 },
  });
}
