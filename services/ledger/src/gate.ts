import { SluiceError } from "@sluice/platform/errors";

/** Lets calls in, knows how many are under way, and closes for new ones when the service drains. */
export class Gate {
  #count = 0;
  #closed = false;
  #idle: (() => void) | undefined;

  /** Counts `work` while it runs. @throws unavailable once the gate is closed, unless `always` */
  async pass<T>(work: () => Promise<T>, always = false): Promise<T> {
    if (this.#closed && !always) throw new SluiceError("unavailable", "The ledger is stopping; try again.");
    this.#count++;
    try {
      return await work();
    } finally {
      this.#count--;
      if (this.#count === 0) this.#idle?.();
    }
  }

  /** Closes the gate; resolves when nothing is under way or the time is over. */
  async drain(deadlineMs: number): Promise<void> {
    this.#closed = true;
    if (this.#count === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle = resolve;
    const timer = setTimeout(resolve, deadlineMs);
    await promise;
    clearTimeout(timer);
  }
}
