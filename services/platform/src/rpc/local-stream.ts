import type { SluiceError } from "../errors/index.ts";
import type { CallScope } from "./call-scope.ts";
import { asCarried, cancelledCall, type FailureHook, reportFailure } from "./failures.ts";
import { type Handler, openStream } from "./handlers.ts";
import type { CallOptions } from "./types.ts";
import { watchCaller } from "./watch-caller.ts";

export interface LocalStreamOptions {
  readonly path: string;
  readonly request: unknown;
  readonly options: CallOptions;
  readonly deadlineAt: number | undefined;
  /** What is done to each message before it is handed over. */
  readonly seal: (message: unknown) => unknown;
  readonly onFailure: FailureHook | undefined;
  readonly admit: () => readonly [Handler, CallScope];
}

type Waiting = PromiseWithResolvers<IteratorResult<unknown>>;

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** The caller's side of a server stream within one process: each `next` asks the handler for one message. */
export class LocalStream implements AsyncIterator<unknown> {
  private readonly call: LocalStreamOptions;
  private handler: Handler | undefined;
  private scope: CallScope | undefined;
  private source: AsyncIterator<unknown> | undefined;
  private waiting: Waiting | undefined;
  private failure: SluiceError | undefined;
  private done = false;
  private stopWatching: (() => void) | undefined;

  constructor(call: LocalStreamOptions) {
    this.call = call;
  }

  next(): Promise<IteratorResult<unknown>> {
    // Only a caller that does not await its reads gets here; it is served in order, as by a generator.
    if (this.waiting !== undefined) {
      const again = (): Promise<IteratorResult<unknown>> => this.next();
      return this.waiting.promise.then(again, again);
    }
    if (this.failure !== undefined) {
      const failure = this.failure;
      this.failure = undefined;
      return Promise.reject(failure);
    }
    if (this.done) return Promise.resolve(END);
    const waiting: Waiting = Promise.withResolvers();
    this.waiting = waiting;
    try {
      this.source ??= this.open();
      this.source.next().then(this.onResult, this.onThrown);
    } catch (thrown) {
      this.onThrown(thrown);
    }
    return waiting.promise;
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.abandon(cancelledCall(this.call.path));
    return END;
  }

  private open(): AsyncIterator<unknown> {
    const { path, request, options, deadlineAt } = this.call;
    const [handler, scope] = this.call.admit();
    this.handler = handler;
    this.scope = scope;
    const source = openStream(handler, request, scope);
    if (options.signal !== undefined || deadlineAt !== undefined) {
      const left = deadlineAt === undefined ? {} : { deadlineMs: deadlineAt - Date.now() };
      this.stopWatching = watchCaller(path, { ...options, ...left }, (reason) => this.fail(reason));
    }
    return source;
  }

  private readonly onResult = (result: IteratorResult<unknown>): void => {
    if (this.done || this.handler === undefined) return;
    if (result.done === true) {
      this.finish();
      this.taken()?.resolve(END);
      return;
    }
    const value = this.call.seal(result.value);
    this.taken()?.resolve({ done: false, value });
  };

  private readonly onThrown = (thrown: unknown): void => {
    if (this.done) return;
    const failure =
      this.scope === undefined ? asCarried(thrown) : reportFailure(this.call.path, thrown, this.call.onFailure);
    this.finish();
    this.taken()?.reject(failure);
  };

  /** Ends the call from the outside; the caller hears it at once, waiting or at its next read. */
  private fail(reason: SluiceError): void {
    if (this.waiting === undefined) this.failure = reason;
    const waiting = this.waiting;
    this.waiting = undefined;
    this.abandon(reason);
    waiting?.reject(reason);
  }

  private abandon(reason: SluiceError): void {
    if (this.done) return;
    this.scope?.abort(reason);
    this.finish();
    this.taken()?.resolve(END);
    // Its failure has nobody left to tell: the caller has gone and the handler was told through its signal.
    this.source?.return?.(undefined)?.then(undefined, () => undefined);
  }

  private finish(): void {
    this.done = true;
    this.scope?.finish();
    this.stopWatching?.();
  }

  /** Who waits for a message, from now on no more. */
  private taken(): Waiting | undefined {
    const { waiting } = this;
    this.waiting = undefined;
    return waiting;
  }
}
