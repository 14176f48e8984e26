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
import { errorTrailer, toStatus } from "./grpc-status.ts";
import { answerEncoded, type Handler } from "./handlers.ts";
import { type Sink, StreamPump } from "./stream-pump.ts";

/** What all calls of one server share. */
export interface Door {
  readonly secret: DoorSecret;
  readonly limit: number;
  readonly onFailure: FailureHook | undefined;
}

type UnaryCall = ServerUnaryCall<Uint8Array, Uint8Array>;
type StreamCall = ServerWritableStream<Uint8Array, Uint8Array>;

/** With this in its metadata, a caller gets the error of a stream behind all its messages; see `sinkOf`. */
const STREAM_ERRORS_KEY = "sluice-stream-errors";
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
export function cancellation(path: string, scope: CallScope): ReturnType<typeof lateCall> {
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
    if (refusal !== undefined) {
      call.emit("error", toStatus(refusal));
      return;
    }
    const { limit, onFailure } = door;
    const scope = scopeOf(call);
    const pump = new StreamPump({ handler, request: call.request, scope, limit, onFailure, sink: sinkOf(call) });
    call.on("cancelled", () => pump.cancel(cancellation(handler.path, scope)));
    call.on("drain", () => pump.drained());
    void pump.run();
  };
}

/**
 * A grpc-js client drops messages it has not delivered yet when a stream ends with an error status. Who asks for it therefore gets
 * the error in the trailer of an OK status; others get the plain status.
 */
function sinkOf(call: StreamCall): Sink {
  return {
    write: (message) => call.write(message),
    end: () => call.end(),
    fail: (error) => {
      if (call.metadata.get(STREAM_ERRORS_KEY).length > 0) call.end(errorTrailer(error));
      else call.emit("error", toStatus(error));
    },
  };
}
