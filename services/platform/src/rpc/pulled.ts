/** Where the messages of a streamed answer come from. */
export interface MessageSource<Message> {
  /** The next message, at once if it is there; undefined at the end. Called again only after it has answered. @throws what ended the answer */
  next(): Message | Promise<Message | undefined>;
  /** Called once, however the answer ends. @throws what is to be told of the end */
  close(): void | Promise<void>;
}

/**
 * A server stream over a source that is opened by the first read. It does what a generator with `finally` around the source would;
 * generators cost several turns of the microtask queue for each message, and more for each one that they hand on.
 */
export function pulled<Message>(
  open: () => MessageSource<Message> | Promise<MessageSource<Message>>,
): AsyncIterableIterator<Message, void> {
  return new PulledStream(open);
}

const END: IteratorReturnResult<void> = { done: true, value: undefined };

class PulledStream<Message> implements AsyncIterableIterator<Message, void> {
  readonly #open: () => MessageSource<Message> | Promise<MessageSource<Message>>;
  #source: MessageSource<Message> | undefined;
  #over = false;
  /** The read under way: whoever leaves meanwhile waits for it, as with a generator. */
  #reading: Promise<IteratorResult<Message, void>> | undefined;

  constructor(open: () => MessageSource<Message> | Promise<MessageSource<Message>>) {
    this.#open = open;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Message, void>> {
    if (this.#reading !== undefined) return this.#keep(this.#reading.then(this.#again, this.#again));
    if (this.#over) return Promise.resolve(END);
    if (this.#source === undefined) return this.#keep(this.#first());
    try {
      const taken = this.#source.next();
      if (taken instanceof Promise) return this.#keep(taken.then(this.#onMessage, this.#onThrown));
      return Promise.resolve({ done: false, value: taken });
    } catch (thrown) {
      return this.#keep(this.#onThrown(thrown));
    }
  }

  async return(): Promise<IteratorResult<Message, void>> {
    await this.#reading?.catch(() => undefined);
    if (!this.#over) await this.#close();
    return END;
  }

  #keep(reading: Promise<IteratorResult<Message, void>>): Promise<IteratorResult<Message, void>> {
    this.#reading = reading;
    return reading;
  }

  async #first(): Promise<IteratorResult<Message, void>> {
    try {
      const opened = this.#open();
      this.#source = opened instanceof Promise ? await opened : opened;
      const taken = this.#source.next();
      return this.#onMessage(taken instanceof Promise ? await taken : taken);
    } catch (thrown) {
      return this.#onThrown(thrown);
    }
  }

  readonly #again = (): Promise<IteratorResult<Message, void>> => {
    this.#reading = undefined;
    return this.next();
  };

  readonly #onMessage = (
    value: Message | undefined,
  ): IteratorResult<Message, void> | Promise<IteratorResult<Message, void>> => {
    if (value === undefined) return this.#close().then(() => END);
    this.#reading = undefined;
    return { done: false, value };
  };

  readonly #onThrown = async (thrown: unknown): Promise<never> => {
    await this.#close();
    throw thrown;
  };

  async #close(): Promise<void> {
    this.#over = true;
    await this.#source?.close();
  }
}
