import { SluiceError } from "../errors/index.ts";
import { CallScope } from "./call-scope.ts";
import { cancelledCall, closedChannel, type FailureHook, lateCall, reportFailure } from "./failures.ts";
import { answerUnary, collectHandlers, findHandler, type Handler } from "./handlers.ts";
import { LocalStream } from "./local-stream.ts";
import type { BoundService, CallOptions, MessageChannel } from "./types.ts";
import { watchCaller } from "./watch-caller.ts";

export interface LocalChannelOptions {
  readonly services: readonly BoundService[];
  /** Freezes each message on its way, which costs more than the call: for tests, so that nobody changes what is in other hands. */
  readonly freeze?: boolean;
  readonly onFailure?: FailureHook;
}

const NO_METADATA: Readonly<Record<string, string>> = Object.freeze({});

/**
 * Answers calls by handlers of the same process, with the deadlines, cancellation and failures of the gRPC channel. Messages are handed
 * over as they are: generated ones have all their fields, so that the handler sees what it would see of a decoded one.
 */
export class LocalChannel implements MessageChannel {
  readonly carries = "messages";
  private readonly handlers: ReadonlyMap<string, Handler>;
  private readonly seal: (message: unknown) => unknown;
  private readonly onFailure: FailureHook | undefined;
  private closed = false;

  constructor(options: LocalChannelOptions) {
    this.handlers = collectHandlers(options.services);
    this.seal = options.freeze === true ? frozen : asItIs;
    this.onFailure = options.onFailure;
  }

  unary(path: string, request: unknown, options: CallOptions): Promise<unknown> {
    let admitted: readonly [Handler, CallScope];
    try {
      admitted = this.admit(path, options);
    } catch (thrown) {
      return Promise.reject(thrown);
    }
    const [handler, scope] = admitted;
    if (options.signal === undefined && options.deadlineMs === undefined) return this.answer(handler, request, scope);
    return new Promise((resolve, reject) => {
      const stopWatching = watchCaller(path, options, (reason) => {
        scope.abort(reason);
        reject(reason);
      });
      this.answer(handler, request, scope).then(
        (answer) => {
          stopWatching();
          resolve(answer);
        },
        (thrown: unknown) => {
          stopWatching();
          reject(thrown);
        },
      );
    });
  }

  serverStream(path: string, request: unknown, options: CallOptions): AsyncIterable<unknown> {
    const deadlineAt = options.deadlineMs === undefined ? undefined : Date.now() + options.deadlineMs;
    return {
      [Symbol.asyncIterator]: () =>
        new LocalStream({
          path,
          request: this.seal(request),
          options,
          deadlineAt,
          seal: this.seal,
          onFailure: this.onFailure,
          admit: () => this.admit(path, options, deadlineAt),
        }),
    };
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  private admit(
    path: string,
    options: CallOptions,
    deadlineAt: number | undefined = options.deadlineMs === undefined ? undefined : Date.now() + options.deadlineMs,
  ): readonly [Handler, CallScope] {
    if (this.closed) throw closedChannel(path);
    if (options.signal?.aborted === true) throw cancelledCall(path);
    if (deadlineAt !== undefined && deadlineAt <= Date.now()) throw lateCall(path);
    return [findHandler(this.handlers, path), new CallScope(options.metadata ?? NO_METADATA, deadlineAt)];
  }

  private async answer(handler: Handler, request: unknown, scope: CallScope): Promise<unknown> {
    try {
      return this.seal(await answerUnary(handler, this.seal(request), scope));
    } catch (thrown) {
      throw scope.aborted ? SluiceError.from(thrown) : reportFailure(handler.path, thrown, this.onFailure);
    } finally {
      scope.finish();
    }
  }
}

function asItIs(message: unknown): unknown {
  return message;
}

function frozen(message: unknown): unknown {
  // Bytes cannot be frozen.
  if (typeof message !== "object" || message === null || ArrayBuffer.isView(message)) return message;
  for (const part of Object.values(message)) frozen(part);
  return Object.freeze(message);
}
