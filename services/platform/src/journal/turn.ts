/**
 * Joins what is to be written in one turn of the event loop: `write` runs once at its end, and everybody who joined learns how
 * it went. A write costs more than what is in it.
 */
export class Turn {
  readonly #write: () => void;
  #current: PromiseWithResolvers<void> | undefined;

  constructor(write: () => void) {
    this.#write = write;
  }

  /** Resolves after the write of this turn; rejects with what it threw. */
  join(): Promise<void> {
    if (this.#current === undefined) {
      this.#current = Promise.withResolvers<void>();
      // A caller that only wants the decision may never look at this promise.
      this.#current.promise.catch(() => undefined);
      setImmediate(() => this.end());
    }
    return this.#current.promise;
  }

  /** Writes now what waits for the end of the turn. */
  end(): void {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    try {
      this.#write();
      current.resolve();
    } catch (error) {
      current.reject(error);
    }
  }
}
