import type { ClientReadableStream } from "@grpc/grpc-js";
import { SluiceError } from "../errors/index.ts";
import { carriedError, type EndStatus, fromStatus } from "./grpc-status.ts";
import type { CallOptions } from "./types.ts";
import { watchCaller } from "./watch-caller.ts";

/** Messages kept for a slow reader before the flow is stopped, and the level at which it starts again. */
const QUEUE_HIGH = 16;
const QUEUE_LOW = 4;

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

export interface GrpcStreamOptions {
  readonly path: string;
  readonly address: string;
  /** Sends the request; called at the first read. @throws when the call cannot be admitted */
  readonly start: () => { readonly call: ClientReadableStream<Uint8Array>; readonly options: CallOptions };
}

interface Waiting {
  resolve(result: IteratorResult<Uint8Array>): void;
  reject(error: SluiceError): void;
}

/** The caller's side of a server stream over gRPC: a short queue between the flow of messages and the reads. */
export class GrpcStream implements AsyncIterator<Uint8Array> {
  private readonly stream: GrpcStreamOptions;
  private readonly queue: Uint8Array[] = [];
  private readonly waiting: Waiting[] = [];
  private call: ClientReadableStream<Uint8Array> | undefined;
  private failure: SluiceError | undefined;
  private ended = false;
  private paused = false;
  private stopWatching: (() => void) | undefined;

  constructor(stream: GrpcStreamOptions) {
    this.stream = stream;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const value = this.queue.shift();
    if (value !== undefined) {
      if (this.paused && this.queue.length <= QUEUE_LOW) {
        this.paused = false;
        this.call?.resume();
      }
      return Promise.resolve({ done: false, value });
    }
    if (this.ended) return this.end();
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      if (this.call === undefined) this.open();
    });
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.failure = undefined;
    this.abandon();
    return END;
  }

  private open(): void {
    try {
      const { call, options } = this.stream.start();
      this.call = call;
      this.stopWatching = watchCaller(this.stream.path, options, (reason) => {
        this.failure = reason;
        this.abandon();
      });
    } catch (thrown) {
      this.failure = SluiceError.from(thrown);
      this.finish();
      return;
    }
    this.call.on("data", (bytes: Uint8Array) => this.take(bytes));
    // grpc-js ends the readable side for every outcome, after the messages it still holds; the outcome waits for that.
    this.call.on("error", (error: Error & Partial<EndStatus>) => {
      const status = { code: error.code ?? 13, details: error.details ?? error.message, metadata: error.metadata };
      this.failure ??= fromStatus(this.stream.path, this.stream.address, status);
    });
    this.call.on("status", (status: EndStatus) => {
      if (status.code === 0) this.failure ??= carriedError(status.metadata);
    });
    this.call.on("end", () => this.finish());
  }

  private take(bytes: Uint8Array): void {
    if (this.ended) return;
    const waiting = this.waiting.shift();
    if (waiting !== undefined) {
      waiting.resolve({ done: false, value: bytes });
      return;
    }
    this.queue.push(bytes);
    if (this.queue.length < QUEUE_HIGH || this.paused) return;
    this.paused = true;
    this.call?.pause();
  }

  /** Cancels the call and drops what was not read yet. */
  private abandon(): void {
    this.queue.length = 0;
    if (this.ended) return;
    this.finish();
    this.call?.cancel();
    // What the call still holds must flow off, or its end is never seen and the stream is never freed.
    this.call?.resume();
  }

  private finish(): void {
    if (this.ended) return;
    this.ended = true;
    this.stopWatching?.();
    for (const waiting of this.waiting.splice(0)) this.end().then(waiting.resolve, waiting.reject);
  }

  /** The failure once, then plain ends. */
  private end(): Promise<IteratorResult<Uint8Array>> {
    const failure = this.failure;
    this.failure = undefined;
    return failure === undefined ? Promise.resolve(END) : Promise.reject(failure);
  }
}
