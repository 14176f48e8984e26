/**
 * What travels on a trunk: one long-lived gRPC stream that carries all calls between two processes. Each gRPC message holds the frames of
 * one turn of the event loop, one behind the other: kind (1 byte), number of the call (4), length of the payload (4), payload.
 */
/** The method under which callers open a trunk. */
export const TRUNK_SERVICE = "sluice.rpc.v1.TrunkService";
export const TRUNK_PATH = `/${TRUNK_SERVICE}/Carry`;

/** Kinds of frames. */
export const FRAME = {
  /** Caller: a call begins. Payload: what `printHead` gives, a zero byte, the request. */
  CALL: 1,
  /** Caller: nobody waits for the call any more. */
  CANCEL: 2,
  /** Caller: so many bytes (4) of a streamed answer were read. */
  CREDIT: 3,
  /** Either side: the beginning of the next frame's payload, which is too large for one gRPC message. */
  PART: 4,
  /** Server: one message of the answer. */
  MESSAGE: 5,
  /** Server: the answer is complete. */
  END: 6,
  /** Server: the call failed. Payload: ErrorDetail. */
  FAIL: 7,
  /** Server: no more calls on this trunk, please; those under way will be answered. */
  LEAVE: 8,
} as const;

export interface Frame {
  readonly kind: number;
  readonly call: number;
  readonly payload: Uint8Array;
}

/** Bytes of a streamed answer that a caller has not read, at most; then its handler waits. */
export const WINDOW_BYTES = 65_536;
/** What a message counts besides its own bytes. */
export const MESSAGE_BYTES = 32;

const HEAD_BYTES = 9;
const PART_BYTES = 65_536;
/** No gRPC message of a trunk is larger: the frames that wait, and one more. */
export const TRUNK_MESSAGE_BYTES_MAX = 4 * PART_BYTES;
const NOTHING = new Uint8Array();

/** Collects frames and sends those of one turn of the event loop together: a gRPC message costs more than what is in it. */
export class FrameWriter {
  readonly #send: (message: Buffer) => void;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #scheduled = false;

  constructor(send: (message: Buffer) => void) {
    this.#send = send;
  }

  /** Adds a frame; its payload is `first` followed by `payload`. */
  add(kind: number, call: number, payload: Uint8Array = NOTHING, first: Uint8Array = NOTHING): void {
    let rest = payload;
    let before = first;
    while (rest.length > PART_BYTES) {
      this.#put(FRAME.PART, call, before, rest.subarray(0, PART_BYTES));
      rest = rest.subarray(PART_BYTES);
      before = NOTHING;
    }
    this.#put(kind, call, before, rest);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** Sends what waits for the end of the turn. */
  flush(): void {
    if (this.#bytes === 0) return;
    const message = Buffer.allocUnsafe(this.#bytes);
    let at = 0;
    for (const chunk of this.#chunks) {
      message.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = [];
    this.#bytes = 0;
    this.#send(message);
  }

  #put(kind: number, call: number, first: Uint8Array, second: Uint8Array): void {
    const length = first.length + second.length;
    const head = new Uint8Array(HEAD_BYTES);
    head[0] = kind;
    writeInteger(head, 1, call);
    writeInteger(head, 5, length);
    this.#chunks.push(head);
    if (first.length > 0) this.#chunks.push(first);
    if (second.length > 0) this.#chunks.push(second);
    this.#bytes += HEAD_BYTES + length;
    if (this.#bytes > PART_BYTES) this.flush();
  }
}

/** Takes frames out of messages, and puts payloads together that came in parts. */
export class FrameReader {
  readonly #parts = new Map<number, Uint8Array[]>();
  readonly #limit: number;

  /** @param limit bytes of the largest payload that may come in parts */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The frames of one message. @throws RangeError if it is cut off or a payload grows too large */
  *read(message: Uint8Array): Generator<Frame> {
    for (let at = 0; at < message.length; ) {
      const kind = message[at] ?? 0;
      const call = integerAt(message, at + 1);
      const from = at + HEAD_BYTES;
      at = from + integerAt(message, at + 5);
      if (at > message.length) throw new RangeError("A message of a trunk is cut off.");
      const payload = message.subarray(from, at);
      if (kind === FRAME.PART) this.#keep(call, payload);
      else yield { kind, call, payload: this.#parts.size === 0 ? payload : this.#whole(call, payload) };
    }
  }

  /** Forgets the parts of a call that has ended. */
  drop(call: number): void {
    this.#parts.delete(call);
  }

  #keep(call: number, payload: Uint8Array): void {
    const parts = this.#parts.get(call);
    const bytes = (parts ?? []).reduce((sum, { length }) => sum + length, payload.length);
    if (bytes > this.#limit) throw new RangeError(`A payload on a trunk has more than ${this.#limit} bytes.`);
    if (parts === undefined) this.#parts.set(call, [payload]);
    else parts.push(payload);
  }

  #whole(call: number, payload: Uint8Array): Uint8Array {
    const parts = this.#parts.get(call);
    if (parts === undefined) return payload;
    this.#parts.delete(call);
    const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, payload.length));
    let at = 0;
    for (const part of [...parts, payload]) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
}

/** What a call says before its request. */
export interface CallHead {
  readonly path: string;
  /** Time the call may take, in milliseconds. */
  readonly deadlineMs: number | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Paths, names and values are printable ASCII (`checkMetadata`), so that tabs and line feeds can separate them. */
export function printHead({ path, deadlineMs, metadata }: CallHead): Uint8Array {
  let text = `${path}\n${deadlineMs === undefined ? "" : Math.ceil(deadlineMs)}`;
  for (const name in metadata) text += `\n${name}\t${metadata[name]}`;
  return Buffer.from(`${text}\0`, "latin1");
}

/** Splits the payload of a CALL frame. @throws RangeError if it is none */
export function parseCall(payload: Uint8Array): CallHead & { readonly request: Uint8Array } {
  const end = payload.indexOf(0);
  if (end < 0) throw new RangeError("A call on a trunk has no head.");
  const head = Buffer.from(payload.buffer, payload.byteOffset, end).toString("latin1");
  const [path = "", deadline = "", ...rest] = head.split("\n");
  const metadata: Record<string, string> = {};
  for (const line of rest) {
    const tab = line.indexOf("\t");
    metadata[line.slice(0, tab)] = line.slice(tab + 1);
  }
  return {
    path,
    deadlineMs: deadline === "" ? undefined : Number(deadline),
    metadata,
    request: payload.subarray(end + 1),
  };
}

/** Writes an unsigned 32-bit integer, lowest byte first. */
export function writeInteger(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value & 0xff;
  bytes[at + 1] = (value >>> 8) & 0xff;
  bytes[at + 2] = (value >>> 16) & 0xff;
  bytes[at + 3] = value >>> 24;
}

/** Reads what `writeInteger` wrote. */
export function integerAt(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
  return low + (bytes[at + 3] ?? 0) * 0x1000000;
}
