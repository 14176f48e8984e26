import type {
  handleServerStreamingCall,
  handleUnaryCall,
  Metadata,
  ServerUnaryCall,
  ServerWritableStream,
} from "@grpc/grpc-js";
import { CallScope } from "./call-scope.ts";
import type { DoorSecret } from "./door-secret.ts";
import { cancelledCall, type FailureHook, lateCall, reportFailure } from "./failures.ts";
import { STREAM_ERRORS_KEY } from "./grpc-channel.ts";
import { errorTrailer, toStatus } from "./grpc-status.ts";
import { answerEncoded, encodeResponse, type Handler, openEncoded } from "./handlers.ts";

/** What all calls of one server share. */
export interface Door {
  readonly secret: DoorSecret;
  readonly limit: number;
  readonly onFailure: FailureHook | undefined;
}

type UnaryCall = ServerUnaryCall<Uint8Array, Uint8Array>;
type StreamCall = ServerWritableStream<Uint8Array, Uint8Array>;

const HIDDEN = new Set(["authorization", "user-agent", STREAM_ERRORS_KEY]);

function metadataOf(metadata: Metadata): Record<string, string> {
  const visible: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata.getMap())) {
    if (typeof value === "string" && !HIDDEN.has(name)) visible[name] = value;
  }
  return visible;
}

function scopeOf(call: UnaryCall | StreamCall): CallScope {
  const deadline = Number(call.getDeadline());
  return new CallScope(metadataOf(call.metadata), Number.isFinite(deadline) ? deadline : undefined);
}

/** A caller cancels at its deadline, which by this side's clock may be a moment before it. */
const DEADLINE_SLACK_MS = 25;

/** grpc-js says `cancelled` for a lost caller and for a deadline alike. */
function cancellation(path: string, scope: CallScope): ReturnType<typeof lateCall> {
  const late = scope.deadlineAt !== undefined && scope.deadlineAt <= Date.now() + DEADLINE_SLACK_MS;
  return late ? lateCall(path) : cancelledCall(path);
}

/** Serves a method with one answer. */
export function serveUnary(handler: Handler, door: Door): handleUnaryCall<Uint8Array, Uint8Array> {
  return (call, callback) => {
    const refusal = door.secret.refuse(call.metadata.get("authorization")[0]);
    if (refusal !== undefined) {
      callback(toStatus(refusal));
      return;
    }
    const scope = scopeOf(call);
    // grpc-js also says `cancelled` after each call that ended well.
    call.on("cancelled", () => {
      if (scope.open) scope.abort(cancellation(handler.path, scope));
    });
    answerEncoded(handler, call.request, scope, door.limit).then(
      (bytes) => {
        scope.finish();
        callback(null, bytes);
      },
      (thrown: unknown) => {
        const failure = scope.aborted
          ? cancellation(handler.path, scope)
          : reportFailure(handler.path, thrown, door.onFailure);
        scope.finish();
        callback(toStatus(failure));
      },
    );
  };
}

/** Serves a method that streams its answer. */
export function serveStream(handler: Handler, door: Door): handleServerStreamingCall<Uint8Array, Uint8Array> {
  return (call) => {
    const refusal = door.secret.refuse(call.metadata.get("authorization")[0]);
    if (refusal !== undefined) call.emit("error", toStatus(refusal));
    else void new StreamPump(handler, door, call).run();
  };
}

/** Moves messages from a handler to its caller, no faster than the caller takes them. */
class StreamPump {
  private readonly handler: Handler;
  private readonly door: Door;
  private readonly call: StreamCall;
  private readonly scope: CallScope;
  private source: AsyncIterator<unknown> | undefined;
  private wake: (() => void) | undefined;

  constructor(handler: Handler, door: Door, call: StreamCall) {
    this.handler = handler;
    this.door = door;
    this.call = call;
    this.scope = scopeOf(call);
  }

  async run(): Promise<void> {
    this.call.on("cancelled", this.onCancelled);
    this.call.on("drain", () => this.wake?.());
    try {
      await this.pump();
      if (!this.scope.aborted) this.call.end();
    } catch (thrown) {
      if (!this.scope.aborted) this.fail(thrown);
    } finally {
      this.scope.finish();
    }
  }

  private async pump(): Promise<void> {
    const source = openEncoded(this.handler, this.call.request, this.scope);
    this.source = source;
    while (true) {
      const result = await source.next();
      if (this.scope.aborted || result.done === true) return;
      const room = this.call.write(encodeResponse(this.handler, result.value, this.door.limit));
      if (!room) await this.drained();
    }
  }

  private drained(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
      // A cancelled call never drains.
      if (this.scope.aborted) resolve();
    });
  }

  private readonly onCancelled = (): void => {
    if (!this.scope.open) return;
    this.scope.abort(cancellation(this.handler.path, this.scope));
    this.release();
    this.wake?.();
  };

  /** Tells the handler's iterator that nobody reads on; nobody is left to hear how that went either. */
  private release(): void {
    this.source?.return?.(undefined)?.then(undefined, () => undefined);
  }

  /**
   * A grpc-js client drops messages it has not delivered yet when a stream ends with an error status. Our own
   * clients therefore get the error in the trailer of an OK status; others get the plain status.
   */
  private fail(thrown: unknown): void {
    const failure = reportFailure(this.handler.path, thrown, this.door.onFailure);
    this.release();
    if (this.call.metadata.get(STREAM_ERRORS_KEY).length > 0) this.call.end(errorTrailer(failure));
    else this.call.emit("error", toStatus(failure));
  }
}
