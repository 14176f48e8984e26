import { SluiceError } from "../errors/index.ts";
import type { Trunk, TrunkCall } from "./trunk-caller.ts";
import { MESSAGE_BYTES, WINDOW_BYTES } from "./trunk-frames.ts";
import type { CallOptions } from "./types.ts";
import { watchCaller } from "./watch-caller.ts";

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };
/** Bytes read before the other side is told: not every message is worth an answer. */
const CREDIT_BYTES = WINDOW_BYTES / 4;

/** A call that has begun. */
export interface BegunCall {
  readonly trunk: Trunk;
  readonly number: number;
  readonly options: CallOptions;
}

interface Waiting {
  resolve(result: IteratorResult<Uint8Array>): void;
  reject(error: SluiceError): void;
}

/** The caller's side of a server stream on a trunk: a queue that the other side fills no further than its window. */
export class TrunkStream implements AsyncIterator<Uint8Array>, TrunkCall {
  readonly path: string;
  private readonly start: (call: TrunkCall) => BegunCall;
  private readonly queue: Uint8Array[] = [];
  private readonly waiting: Waiting[] = [];
  private call: BegunCall | undefined;
  private failure: SluiceError | undefined;
  private ended = false;
  private read = 0;
  private stopWatching: (() => void) | undefined;

  /** @param start sends the request; called at the first read. It throws when the call cannot be admitted. */
  constructor(path: string, start: (call: TrunkCall) => BegunCall) {
    this.path = path;
    this.start = start;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const value = this.queue.shift();
    if (value !== undefined) {
      this.noteRead(value);
      return Promise.resolve({ done: false, value });
    }
    if (this.ended) return this.outcome();
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      if (this.call === undefined) this.open();
    });
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.queue.length = 0;
    this.finish();
    this.failure = undefined;
    this.cancel();
    return END;
  }

  take(message: Uint8Array): void {
    if (this.ended) return;
    const waiting = this.waiting.shift();
    if (waiting === undefined) {
      this.queue.push(message);
      return;
    }
    this.noteRead(message);
    waiting.resolve({ done: false, value: message });
  }

  end(): void {
    this.finish();
  }

  fail(error: SluiceError): void {
    if (this.ended) return;
    this.failure = error;
    this.finish();
  }

  private open(): void {
    try {
      this.call = this.start(this);
    } catch (thrown) {
      this.fail(SluiceError.from(thrown));
      return;
    }
    this.stopWatching = watchCaller(this.path, this.call.options, (reason) => {
      this.queue.length = 0;
      this.fail(reason);
      this.cancel();
    });
  }

  private cancel(): void {
    this.call?.trunk.cancel(this.call.number);
  }

  private noteRead({ length }: Uint8Array): void {
    this.read += length + MESSAGE_BYTES;
    if (this.read < CREDIT_BYTES) return;
    this.call?.trunk.credit(this.call.number, this.read);
    this.read = 0;
  }

  private finish(): void {
    if (this.ended) return;
    this.ended = true;
    this.stopWatching?.();
    for (const waiting of this.waiting.splice(0)) this.outcome().then(waiting.resolve, waiting.reject);
  }

  /** The failure once, then plain ends. */
  private outcome(): Promise<IteratorResult<Uint8Array>> {
    const failure = this.failure;
    this.failure = undefined;
    return failure === undefined ? Promise.resolve(END) : Promise.reject(failure);
  }
}
