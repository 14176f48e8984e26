/** Asks until something answers for the first time: whoever cannot do without it is not ready before. */
export class FirstContact {
  readonly #ask: () => Promise<unknown>;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #made = false;

  constructor(ask: () => Promise<unknown>, everyMs: number) {
    this.#ask = ask;
    this.#everyMs = everyMs;
  }

  /** True once it has answered. */
  get made(): boolean {
    return this.#made;
  }

  start(): void {
    void this.#try();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #try(): Promise<void> {
    try {
      await this.#ask();
      this.#made = true;
    } catch {
      // It is only starting, or away: readiness says so as long as that lasts.
      if (!this.#stopped) this.#timer = setTimeout(() => void this.#try(), this.#everyMs).unref();
    }
  }
}
