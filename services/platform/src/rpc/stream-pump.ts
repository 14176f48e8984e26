import type { SluiceError } from "../errors/index.ts";
import type { CallScope } from "./call-scope.ts";
import { type FailureHook, reportFailure } from "./failures.ts";
import { encodeResponse, type Handler, openEncoded } from "./handlers.ts";

/** Where the messages of a streamed answer go. */
export interface Sink {
  /** False if the next message should wait for `StreamPump.drained`. */
  write(message: Uint8Array): boolean;
  end(): void;
  fail(error: SluiceError): void;
}

export interface PumpOptions {
  readonly handler: Handler;
  readonly request: Uint8Array;
  readonly scope: CallScope;
  /** Largest message, in bytes. */
  readonly limit: number;
  readonly onFailure: FailureHook | undefined;
  readonly sink: Sink;
}

/** Moves messages from a handler to its caller, no faster than the caller takes them. */
export class StreamPump {
  private readonly options: PumpOptions;
  private source: AsyncIterator<unknown> | undefined;
  private wake: (() => void) | undefined;

  constructor(options: PumpOptions) {
    this.options = options;
  }

  /** Resolves when the answer is complete, has failed or was cancelled; never throws. */
  async run(): Promise<void> {
    const { scope, sink, handler, onFailure } = this.options;
    try {
      await this.pump();
      if (!scope.aborted) sink.end();
    } catch (thrown) {
      if (scope.aborted) return;
      const failure = reportFailure(handler.path, thrown, onFailure);
      this.release();
      sink.fail(failure);
    } finally {
      scope.finish();
    }
  }

  /** The sink takes messages again. */
  drained(): void {
    this.wake?.();
  }

  /** Nobody reads any more. */
  cancel(reason: SluiceError): void {
    const { scope } = this.options;
    if (!scope.open) return;
    scope.abort(reason);
    this.release();
    this.wake?.();
  }

  private async pump(): Promise<void> {
    const { handler, request, scope, limit, sink } = this.options;
    const source = openEncoded(handler, request, scope);
    this.source = source;
    while (true) {
      const result = await source.next();
      if (scope.aborted || result.done === true) return;
      if (!sink.write(encodeResponse(handler, result.value, limit))) await this.room();
    }
  }

  private room(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
      // A cancelled call never drains.
      if (this.options.scope.aborted) resolve();
    });
  }

  /** Tells the handler's iterator that nobody reads on; nobody is left to hear how that went either. */
  private release(): void {
    this.source?.return?.(undefined)?.then(undefined, () => undefined);
  }
}
