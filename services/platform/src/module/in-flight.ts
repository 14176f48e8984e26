/** Counts streams under way, so that a stopping service can wait for them. */
export class InFlight {
  #count = 0;
  #idle: (() => void)[] = [];

  get count(): number {
    return this.#count;
  }

  /** Wraps a server-stream handler; a stream counts from its first read until it ends, fails or is left. */
  counted<Args extends unknown[], Message>(
    handler: (...args: Args) => AsyncIterable<Message>,
  ): (...args: Args) => AsyncGenerator<Message, void> {
    const enter = () => {
      this.#count++;
    };
    const leave = () => {
      this.#count--;
      if (this.#count === 0) for (const resolve of this.#idle.splice(0)) resolve();
    };
    return async function* counted(...args: Args): AsyncGenerator<Message, void> {
      enter();
      try {
        yield* handler(...args);
      } finally {
        leave();
      }
    };
  }

  /** Resolves when nothing is under way, or after `deadlineMs`. */
  async drain(deadlineMs: number): Promise<void> {
    if (this.#count === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const idle = new Promise<void>((resolve) => this.#idle.push(resolve));
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, deadlineMs);
    });
    await Promise.race([idle, late]);
    clearTimeout(timer);
  }
}
