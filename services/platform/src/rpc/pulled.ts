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
    const reading = this.#reading;
    const read = reading === undefined ? this.#read() : reading.then(this.#again, this.#again);
    this.#reading = read;
    return read;
  }

  async return(): Promise<IteratorResult<Message, void>> {
    await this.#reading?.catch(() => undefined);
    if (!this.#over) await this.#close();
    return { done: true, value: undefined };
  }

  readonly #again = (): Promise<IteratorResult<Message, void>> => this.#read();

  async #read(): Promise<IteratorResult<Message, void>> {
    if (this.#over) return { done: true, value: undefined };
    try {
      if (this.#source === undefined) {
        const opened = this.#open();
        this.#source = opened instanceof Promise ? await opened : opened;
      }
      const taken = this.#source.next();
      const value = taken instanceof Promise ? await taken : taken;
      if (value !== undefined) {
        this.#reading = undefined;
        return { done: false, value };
      }
    } catch (thrown) {
      await this.#close();
      throw thrown;
    }
    await this.#close();
    return { done: true, value: undefined };
  }

  async #close(): Promise<void> {
    this.#over = true;
    await this.#source?.close();
  }
}
