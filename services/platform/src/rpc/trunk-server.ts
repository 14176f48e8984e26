import type { handleBidiStreamingCall, ServerDuplexStream } from "@grpc/grpc-js";
import { ErrorDetail } from "@sluice/proto/common/v1/error_detail";
import { SluiceError, toErrorDetail } from "../errors/index.ts";
import { CallScope } from "./call-scope.ts";
import { asCarried, checkMessageSize, lateCall, reportFailure } from "./failures.ts";
import { cancellation, type Door } from "./grpc-calls.ts";
import { toStatus } from "./grpc-status.ts";
import { answerEncoded, findHandler, type Handler } from "./handlers.ts";
import { type Sink, StreamPump } from "./stream-pump.ts";
import {
  FRAME,
  type Frame,
  FrameReader,
  FrameWriter,
  integerAt,
  MESSAGE_BYTES,
  parseCall,
  WINDOW_BYTES,
} from "./trunk-frames.ts";

/** Most calls of one trunk at once. */
const MAX_OPEN_CALLS = 65_536;
/** Path and metadata of a call, in bytes. */
const HEAD_BYTES_MAX = 16_384;

type TrunkStream = ServerDuplexStream<Uint8Array, Uint8Array>;

/** The trunks of one server. */
export class Trunks {
  readonly #handlers: ReadonlyMap<string, Handler>;
  readonly #door: Door;
  readonly #open = new Set<ServedTrunk>();
  #leaving = false;

  constructor(handlers: ReadonlyMap<string, Handler>, door: Door) {
    this.#handlers = handlers;
    this.#door = door;
  }

  readonly serve: handleBidiStreamingCall<Uint8Array, Uint8Array> = (stream) => {
    const refusal = this.#door.secret.refuse(stream.metadata.get("authorization")[0]);
    if (refusal !== undefined) {
      stream.emit("error", toStatus(refusal));
      return;
    }
    const trunk = new ServedTrunk(stream, this.#handlers, this.#door);
    this.#open.add(trunk);
    stream.on("cancelled", () => {
      this.#open.delete(trunk);
      trunk.lost();
    });
    if (this.#leaving) trunk.leave();
  };

  /** Asks all callers to end their trunks once their calls are answered. */
  leave(): void {
    this.#leaving = true;
    for (const trunk of this.#open) trunk.leave();
  }
}

/** A call under way. */
interface Served {
  readonly path: string;
  readonly scope: CallScope;
  cancel(reason: SluiceError): void;
  /** So many bytes were read. */
  credit(bytes: number): void;
}

interface Begun {
  readonly number: number;
  readonly handler: Handler;
  readonly request: Uint8Array;
  readonly scope: CallScope;
}

const ignore = (): void => undefined;

/** The serving side of one trunk. */
class ServedTrunk {
  readonly #stream: TrunkStream;
  readonly #handlers: ReadonlyMap<string, Handler>;
  readonly #door: Door;
  readonly #calls = new Map<number, Served>();
  readonly #reader: FrameReader;
  readonly #writer: FrameWriter;
  #ending = false;
  #over = false;

  constructor(stream: TrunkStream, handlers: ReadonlyMap<string, Handler>, door: Door) {
    this.#stream = stream;
    this.#handlers = handlers;
    this.#door = door;
    this.#reader = new FrameReader(door.limit + HEAD_BYTES_MAX);
    this.#writer = new FrameWriter((message) => {
      if (!this.#over) stream.write(message);
    });
    stream.on("data", (message: Uint8Array) => this.#receive(message));
    stream.on("end", () => {
      this.#ending = true;
      this.#end(0);
    });
    stream.on("error", () => this.lost());
  }

  leave(): void {
    this.#writer.add(FRAME.LEAVE, 0);
  }

  /** The caller is gone: nobody waits for any of its calls. */
  lost(): void {
    if (this.#over && this.#calls.size === 0) return;
    this.#over = true;
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const { path, scope, cancel } of calls) cancel(cancellation(path, scope));
  }

  #receive(message: Uint8Array): void {
    if (this.#over) return;
    try {
      for (const frame of this.#reader.read(message)) this.#handle(frame);
    } catch (thrown) {
      this.lost();
      this.#stream.emit("error", toStatus(asCarried(new SluiceError("invalid_request", String(thrown)))));
    }
  }

  #handle({ kind, call: number, payload }: Frame): void {
    const call = this.#calls.get(number);
    if (kind === FRAME.CALL) this.#begin(number, payload);
    else if (kind === FRAME.CREDIT) call?.credit(integerAt(payload, 0));
    else if (kind === FRAME.CANCEL) {
      this.#reader.drop(number);
      if (call !== undefined) this.#cancel(number, cancellation(call.path, call.scope));
    }
  }

  #begin(number: number, payload: Uint8Array): void {
    const { path, deadlineMs, metadata, request } = parseCall(payload);
    const scope = new CallScope(metadata, deadlineMs === undefined ? undefined : Date.now() + deadlineMs);
    let handler: Handler;
    try {
      if (this.#calls.size >= MAX_OPEN_CALLS) throw new SluiceError("overloaded", `${MAX_OPEN_CALLS} calls are open.`);
      checkMessageSize("request", path, request.length, this.#door.limit);
      handler = findHandler(this.#handlers, path);
    } catch (thrown) {
      this.#fail(number, asCarried(thrown));
      return;
    }
    const begun = { number, handler, request, scope };
    const done = handler.method.responseStream ? this.#streamed(begun) : this.#unary(begun);
    const timer =
      deadlineMs === undefined ? undefined : setTimeout(() => this.#cancel(number, lateCall(path)), deadlineMs);
    done.finally(() => {
      clearTimeout(timer);
      this.#end(number);
    });
  }

  #unary({ number, handler, request, scope }: Begun): Promise<void> {
    const { limit, onFailure } = this.#door;
    this.#calls.set(number, { path: handler.path, scope, cancel: (reason) => scope.abort(reason), credit: ignore });
    return answerEncoded(handler, request, scope, limit).then(
      (message) => {
        if (scope.aborted) return;
        scope.finish();
        this.#writer.add(FRAME.MESSAGE, number, message);
        this.#writer.add(FRAME.END, number);
      },
      (thrown: unknown) => {
        if (scope.aborted) return;
        scope.finish();
        this.#fail(number, reportFailure(handler.path, thrown, onFailure));
      },
    );
  }

  #streamed({ number, handler, request, scope }: Begun): Promise<void> {
    const { limit, onFailure } = this.#door;
    let unread = 0;
    const sink: Sink = {
      write: (message) => {
        this.#writer.add(FRAME.MESSAGE, number, message);
        unread += message.length + MESSAGE_BYTES;
        return unread < WINDOW_BYTES;
      },
      end: () => this.#writer.add(FRAME.END, number),
      fail: (error) => this.#fail(number, error),
    };
    const pump = new StreamPump({ handler, request, scope, limit, onFailure, sink });
    const credit = (bytes: number): void => {
      unread -= bytes;
      if (unread < WINDOW_BYTES) pump.drained();
    };
    this.#calls.set(number, { path: handler.path, scope, cancel: (reason) => pump.cancel(reason), credit });
    return pump.run();
  }

  #cancel(number: number, reason: SluiceError): void {
    const call = this.#calls.get(number);
    this.#end(number);
    call?.cancel(reason);
  }

  #fail(number: number, error: SluiceError): void {
    this.#writer.add(FRAME.FAIL, number, ErrorDetail.encode(toErrorDetail(error)).finish());
  }

  #end(number: number): void {
    this.#calls.delete(number);
    if (!this.#ending || this.#over || this.#calls.size > 0) return;
    this.#writer.flush();
    this.#over = true;
    this.#stream.end();
  }
}
