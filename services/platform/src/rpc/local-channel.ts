import { SluiceError } from "../errors/index.ts";
import { CallScope } from "./call-scope.ts";
import {
  cancelledCall,
  checkMessageSize,
  closedChannel,
  DEFAULT_MAX_MESSAGE_BYTES,
  type FailureHook,
  lateCall,
  reportFailure,
} from "./failures.ts";
import { answerUnary, collectHandlers, findHandler, type Handler } from "./handlers.ts";
import { LocalStream } from "./local-stream.ts";
import type { BoundService, CallOptions, Channel } from "./types.ts";
import { watchCaller } from "./watch-caller.ts";

export interface LocalChannelOptions {
  readonly services: readonly BoundService[];
  /** Largest request and response, in bytes; default 32 MiB. */
  readonly maxMessageBytes?: number;
  readonly onFailure?: FailureHook;
}

const NO_METADATA: Readonly<Record<string, string>> = Object.freeze({});

/** Answers calls by handlers of the same process, with the encoding, deadlines and failures of the gRPC channel. */
export class LocalChannel implements Channel {
  private readonly handlers: ReadonlyMap<string, Handler>;
  private readonly limit: number;
  private readonly onFailure: FailureHook | undefined;
  private closed = false;

  constructor(options: LocalChannelOptions) {
    this.handlers = collectHandlers(options.services);
    this.limit = options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES;
    this.onFailure = options.onFailure;
  }

  async unary(path: string, request: Uint8Array, options: CallOptions): Promise<Uint8Array> {
    const [handler, scope] = this.admit(path, request, options);
    if (options.signal === undefined && options.deadlineMs === undefined) return this.answer(handler, request, scope);
    return new Promise((resolve, reject) => {
      const stopWatching = watchCaller(path, options, (reason) => {
        scope.abort(reason);
        reject(reason);
      });
      this.answer(handler, request, scope).then(resolve, reject).finally(stopWatching);
    });
  }

  serverStream(path: string, request: Uint8Array, options: CallOptions): AsyncIterable<Uint8Array> {
    const deadlineAt = options.deadlineMs === undefined ? undefined : Date.now() + options.deadlineMs;
    return {
      [Symbol.asyncIterator]: () =>
        new LocalStream({
          path,
          request,
          options,
          deadlineAt,
          limit: this.limit,
          onFailure: this.onFailure,
          admit: () => this.admit(path, request, options, deadlineAt),
        }),
    };
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  private admit(
    path: string,
    request: Uint8Array,
    options: CallOptions,
    deadlineAt: number | undefined = options.deadlineMs === undefined ? undefined : Date.now() + options.deadlineMs,
  ): readonly [Handler, CallScope] {
    if (this.closed) throw closedChannel(path);
    if (options.signal?.aborted === true) throw cancelledCall(path);
    if (deadlineAt !== undefined && deadlineAt <= Date.now()) throw lateCall(path);
    checkMessageSize("request", path, request.length, this.limit);
    return [findHandler(this.handlers, path), new CallScope(options.metadata ?? NO_METADATA, deadlineAt)];
  }

  private async answer(handler: Handler, request: Uint8Array, scope: CallScope): Promise<Uint8Array> {
    try {
      return await answerUnary(handler, request, scope, this.limit);
    } catch (thrown) {
      throw scope.aborted ? SluiceError.from(thrown) : reportFailure(handler.path, thrown, this.onFailure);
    } finally {
      scope.finish();
    }
  }
}
