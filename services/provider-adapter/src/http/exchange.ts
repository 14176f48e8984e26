import type { Dispatcher } from "undici";
import type { Exchange, ResponseHead } from "./types.ts";

/** Bytes waiting for the reader before the connection is paused. */
const PAUSE_BYTES = 1_048_576;
/** Time the tail of a complete answer may take before its connection is given up. */
const FINISH_MS = 1_000;

interface Waiter<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

/** The exchange over undici's dispatch interface: no stream objects, bytes go straight from the parser to the reader. */
export class PooledExchange implements Exchange, Dispatcher.DispatchHandler {
  sent = false;
  readonly #onSent: () => void;
  #controller: Dispatcher.DispatchController | undefined;
  #head: ResponseHead | undefined;
  #headWaiter: Waiter<ResponseHead> | undefined;
  #bodyWaiter: Waiter<Uint8Array | undefined> | undefined;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #ended = false;
  #failure: Error | undefined;
  #finishing: NodeJS.Timeout | undefined;

  constructor(onSent: () => void) {
    this.#onSent = onSent;
  }

  head(): Promise<ResponseHead> {
    if (this.#head !== undefined) return Promise.resolve(this.#head);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#headWaiter = { resolve, reject };
    });
  }

  read(): Promise<Uint8Array | undefined> {
    const waiting = this.#takeQueued();
    if (waiting !== undefined) return Promise.resolve(waiting);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#ended) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#bodyWaiter = { resolve, reject };
    });
  }

  abort(reason: Error): void {
    if (this.#ended || this.#failure !== undefined) return;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#fail(reason);
    this.#controller?.abort(reason);
  }

  finish(): void {
    if (this.#ended || this.#failure !== undefined || this.#finishing !== undefined) return;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#finishing = setTimeout(
      () => this.abort(new Error("The connection stayed open after the answer.")),
      FINISH_MS,
    );
    this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Given up while it waited for a connection: nothing of it may leave.
    if (this.#failure !== undefined) {
      controller.abort(this.#failure);
      return;
    }
    this.sent = true;
    this.#onSent();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: ResponseHead["headers"]): void {
    if (status < 200) return;
    this.#head = { status, headers };
    this.#headWaiter?.resolve(this.#head);
    this.#headWaiter = undefined;
  }

  onResponseData(controller: Dispatcher.DispatchController, bytes: Buffer): void {
    if (this.#finishing !== undefined || this.#failure !== undefined) return;
    const waiter = this.#bodyWaiter;
    if (waiter !== undefined) {
      this.#bodyWaiter = undefined;
      waiter.resolve(bytes);
      return;
    }
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes >= PAUSE_BYTES) controller.pause();
  }

  onResponseEnd(): void {
    this.#ended = true;
    clearTimeout(this.#finishing);
    this.#bodyWaiter?.resolve(undefined);
    this.#bodyWaiter = undefined;
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  #fail(error: Error): void {
    if (this.#ended || this.#failure !== undefined) return;
    this.#failure = error;
    clearTimeout(this.#finishing);
    this.#headWaiter?.reject(error);
    this.#bodyWaiter?.reject(error);
    this.#headWaiter = undefined;
    this.#bodyWaiter = undefined;
  }

  /** All bytes that wait, as one piece: what came together is parsed together. */
  #takeQueued(): Uint8Array | undefined {
    const first = this.#queue[0];
    if (first === undefined) return undefined;
    const whole = this.#queue.length === 1 ? first : Buffer.concat(this.#queue, this.#queuedBytes);
    this.#queue = [];
    this.#queuedBytes = 0;
    if (this.#controller?.paused === true) this.#controller.resume();
    return whole;
  }
}
