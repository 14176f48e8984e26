import { SluiceError } from "@sluice/platform/errors";
import { newId } from "@sluice/platform/ids";
import type { Flight } from "./attempt/flight.ts";

const REMEMBERED = 10_000;

/** The newest of many ids. */
class RecentIds {
  /** The newest id that is no longer here; empty if none is missing. */
  forgotten = "";
  readonly #ids = new Set<string>();
  /** The same ids in a ring, the oldest at `#oldest`: a set passes by everything that was deleted before it finds its first one. */
  readonly #ring: string[] = [];
  #oldest = 0;

  add(id: string): void {
    const before = this.#ids.size;
    this.#ids.add(id);
    if (this.#ids.size === before) return;
    if (before < REMEMBERED) {
      this.#ring.push(id);
      return;
    }
    const oldest = this.#ring[this.#oldest] ?? "";
    this.#ring[this.#oldest] = id;
    this.#oldest = (this.#oldest + 1) % REMEMBERED;
    this.#ids.delete(oldest);
    if (oldest > this.forgotten) this.forgotten = oldest;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }
}

/** Attempts under way, callers or not: what a stopping process waits for. */
export class Flights {
  readonly #running = new Map<Flight, Promise<void>>();
  /** Attempts that began here. */
  readonly #begun = new RecentIds();
  /** Attempts that were given up before they began. */
  readonly #barred = new RecentIds();
  readonly #since: string;

  constructor() {
    this.#since = newId("att");
  }

  add(flight: Flight, run: Promise<void>): void {
    this.#running.set(flight, run);
    this.#begun.add(flight.plan.request.attemptId);
    void run.finally(() => this.#running.delete(flight));
  }

  /** True while the attempt is under way here. */
  has(attemptId: string): boolean {
    for (const flight of this.#running.keys()) if (flight.plan.request.attemptId === attemptId) return true;
    return false;
  }

  /** True if the attempt was given up before it began. */
  isBarred(attemptId: string): boolean {
    return this.#barred.has(attemptId);
  }

  /**
   * Gives an attempt up whose caller left. False if it has not begun, and then it never will; true if it began, or may have: before this
   * process was there, or so long ago that it is forgotten.
   */
  abandon(attemptId: string): boolean {
    for (const flight of this.#running.keys()) {
      if (flight.plan.request.attemptId === attemptId) flight.leave();
    }
    // Ids are in the order of their time.
    if (this.#begun.has(attemptId) || attemptId < this.#since || attemptId <= this.#begun.forgotten) return true;
    this.#barred.add(attemptId);
    return false;
  }

  get count(): number {
    return this.#running.size;
  }

  /** Resolves when every attempt has ended and is metered. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  /** Closes every upstream; the attempts end as abandoned and are metered by what was delivered. */
  closeAll(): void {
    for (const flight of this.#running.keys())
      flight.close(new SluiceError("unavailable", "The provider-adapter is stopping."));
  }
}
