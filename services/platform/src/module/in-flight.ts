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
  ): (...args: Args) => AsyncIterable<Message> {
    return (...args) => ({
      [Symbol.asyncIterator]: () => new CountedStream(() => handler(...args), this),
    });
  }

  enter(): void {
    this.#count++;
  }

  leave(): void {
    this.#count--;
    if (this.#count === 0) for (const resolve of this.#idle.splice(0)) resolve();
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

/** Hands every read on as it is: a generator around another costs several turns of the microtask queue for each message. */
class CountedStream<Message> implements AsyncIterator<Message, void> {
  readonly #open: () => AsyncIterable<Message>;
  readonly #counter: InFlight;
  #source: AsyncIterator<Message> | undefined;
  #over = false;

  constructor(open: () => AsyncIterable<Message>, counter: InFlight) {
    this.#open = open;
    this.#counter = counter;
  }

  next(): Promise<IteratorResult<Message, void>> {
    if (this.#over) return Promise.resolve({ done: true, value: undefined });
    try {
      if (this.#source === undefined) {
        this.#counter.enter();
        this.#source = this.#open()[Symbol.asyncIterator]();
      }
      return this.#source.next().then(this.#onResult, this.#onThrown);
    } catch (thrown) {
      return this.#onThrown(thrown);
    }
  }

  async return(): Promise<IteratorResult<Message, void>> {
    if (this.#over) return { done: true, value: undefined };
    try {
      await this.#source?.return?.(undefined);
    } finally {
      this.#end();
    }
    return { done: true, value: undefined };
  }

  readonly #onResult = (result: IteratorResult<Message>): IteratorResult<Message, void> => {
    if (result.done === true) this.#end();
    return result;
  };

  readonly #onThrown = (thrown: unknown): Promise<never> => {
    this.#end();
    return Promise.reject(thrown);
  };

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#source !== undefined) this.#counter.leave();
  }
}
