import type { ClientDuplexStream } from "@grpc/grpc-js";
import { ErrorDetail } from "@sluice/proto/common/v1/error_detail";
import { fromErrorDetail, SluiceError } from "../errors/index.ts";
import { checkMessageSize } from "./failures.ts";
import { type EndStatus, fromStatus } from "./grpc-status.ts";
import { FRAME, type Frame, FrameReader, FrameWriter, printHead, writeInteger } from "./trunk-frames.ts";
import type { CallOptions } from "./types.ts";

/** The caller's side of one call on a trunk; after `end` or `fail` it hears nothing more. */
export interface TrunkCall {
  readonly path: string;
  take(message: Uint8Array): void;
  end(): void;
  fail(error: SluiceError): void;
}

export interface TrunkOptions {
  readonly address: string;
  /** Largest message of an answer, in bytes. */
  readonly limit: number;
  /** It takes no more calls. */
  readonly onClosed: () => void;
}

/** Numbers of calls have four bytes. */
const CALLS_COUNTED = 0xffff_ffff;
/** The server bounds its messages itself; this is only what one frame can say. */
const PAYLOAD_BYTES_MAX = 0xffff_ffff;

/** All calls of this process to one server, over one stream. When that breaks, every call under way fails with what broke it. */
export class Trunk {
  readonly #stream: ClientDuplexStream<Uint8Array, Uint8Array>;
  readonly #options: TrunkOptions;
  readonly #calls = new Map<number, TrunkCall>();
  readonly #reader = new FrameReader(PAYLOAD_BYTES_MAX);
  readonly #writer: FrameWriter;
  #last = 0;
  #leaving = false;
  #over = false;

  constructor(stream: ClientDuplexStream<Uint8Array, Uint8Array>, options: TrunkOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#writer = new FrameWriter((message) => {
      if (!this.#over) stream.write(message);
    });
    stream.on("data", (message: Uint8Array) => this.#receive(message));
    stream.on("error", (error: Error & Partial<EndStatus>) => {
      this.#lost({ code: error.code ?? 13, details: error.details ?? error.message, metadata: error.metadata });
    });
    stream.on("status", (status: EndStatus) => {
      if (status.code === 0) this.#lost({ code: 14, details: "the other side has closed the connection" });
    });
  }

  /** Begins a call and returns its number. */
  begin(call: TrunkCall, request: Uint8Array, { deadlineMs, metadata }: CallOptions): number {
    do this.#last = (this.#last % CALLS_COUNTED) + 1;
    while (this.#calls.has(this.#last));
    const number = this.#last;
    this.#calls.set(number, call);
    const head = printHead({ path: call.path, deadlineMs, metadata: metadata ?? {} });
    this.#writer.add(FRAME.CALL, number, request, head);
    return number;
  }

  /** Nobody waits for the call any more. */
  cancel(number: number): void {
    if (!this.#calls.delete(number)) return;
    this.#reader.drop(number);
    this.#writer.add(FRAME.CANCEL, number);
    this.#finishIfDone();
  }

  /** So many bytes of a streamed answer were read. */
  credit(number: number, bytes: number): void {
    if (!this.#calls.has(number)) return;
    const payload = new Uint8Array(4);
    writeInteger(payload, 0, bytes);
    this.#writer.add(FRAME.CREDIT, number, payload);
  }

  /** Takes no more calls; the stream ends with the last one under way. */
  leave(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#options.onClosed();
    this.#finishIfDone();
  }

  #receive(message: Uint8Array): void {
    if (this.#over) return;
    try {
      for (const frame of this.#reader.read(message)) this.#handle(frame);
    } catch (thrown) {
      this.#lost({ code: 13, details: SluiceError.from(thrown).message });
      this.#stream.cancel();
    }
  }

  #handle({ kind, call: number, payload }: Frame): void {
    if (kind === FRAME.LEAVE) {
      this.leave();
      return;
    }
    const call = this.#calls.get(number);
    if (call === undefined) return;
    if (kind === FRAME.MESSAGE) this.#take(number, call, payload);
    else {
      this.#calls.delete(number);
      if (kind === FRAME.END) call.end();
      else call.fail(fromErrorDetail(ErrorDetail.decode(payload)));
      this.#finishIfDone();
    }
  }

  #take(number: number, call: TrunkCall, message: Uint8Array): void {
    try {
      checkMessageSize("response", call.path, message.length, this.#options.limit);
    } catch (thrown) {
      this.cancel(number);
      call.fail(SluiceError.from(thrown));
      return;
    }
    call.take(message);
  }

  #finishIfDone(): void {
    if (!this.#leaving || this.#over || this.#calls.size > 0) return;
    this.#writer.flush();
    this.#over = true;
    this.#stream.end();
  }

  #lost(status: EndStatus): void {
    this.#over = true;
    this.#options.onClosed();
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) call.fail(fromStatus(call.path, this.#options.address, status));
  }
}
