import { crc32 } from "node:zlib";
import { SluiceError } from "@sluice/platform/errors";
import type { EventCutter, OnEvent } from "./event-cutter.ts";

/** Total length, length of the headers, checksum of both; each four bytes. */
const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;

/** Lengths of header values by their type; strings and byte arrays say theirs. */
const FIXED: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 };
const BYTES = 6;
const TEXT = 7;

function broken(what: string): SluiceError {
  return new SluiceError("upstream_bad_response", `The provider sent ${what}; the answer was given up.`);
}

/** The headers that are text; https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html#streaming-event-stream */
function readHeaders(bytes: Buffer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  let at = 0;
  const take = (length: number): number => {
    const from = at;
    at += length;
    if (at > bytes.length) throw broken("a frame whose headers end too early");
    return from;
  };
  while (at < bytes.length) {
    const nameLength = bytes.readUInt8(take(1));
    const nameAt = take(nameLength);
    const name = bytes.toString("utf8", nameAt, nameAt + nameLength);
    const type = bytes.readUInt8(take(1));
    const fixed = FIXED[type];
    if (fixed === undefined && type !== BYTES && type !== TEXT)
      throw broken(`a frame header of the unknown type ${type}`);
    const length = fixed ?? bytes.readUInt16BE(take(2));
    const valueAt = take(length);
    if (type === TEXT) headers.set(name, bytes.toString("utf8", valueAt, valueAt + length));
  }
  return headers;
}

/** What an event is called: failures bear "error:" before their type, whichever of the two ways they travel. */
function nameOf(headers: ReadonlyMap<string, string>): string {
  const type = headers.get(":message-type");
  if (type === "exception") return `error:${headers.get(":exception-type") ?? ""}`;
  if (type === "error") return `error:${headers.get(":error-code") ?? ""}`;
  return headers.get(":event-type") ?? "";
}

/** Cuts a stream of AWS event frames, each checked against its checksums, from bytes that may be split anywhere. */
class FrameReader implements EventCutter {
  readonly #maxBytes: number;
  #pieces: Buffer[] = [];
  #size = 0;
  /** Bytes without which nothing can be done. */
  #need = PRELUDE_BYTES;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(bytes: Uint8Array, emit: OnEvent): void {
    this.#pieces.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    this.#size += bytes.byteLength;
    if (this.#size < this.#need) return;
    const [only] = this.#pieces;
    let rest = this.#pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.#pieces, this.#size);
    try {
      while (rest.length >= PRELUDE_BYTES) {
        const total = this.#totalOf(rest);
        this.#need = total;
        if (rest.length < total) break;
        const frame = rest.subarray(0, total);
        rest = rest.subarray(total);
        this.#need = PRELUDE_BYTES;
        emitFrame(frame, emit);
      }
    } finally {
      this.#pieces = rest.length === 0 ? [] : [rest];
      this.#size = rest.length;
    }
  }

  /** A frame that the stream's end cut off says nothing. */
  end(): void {
    this.#pieces = [];
    this.#size = 0;
  }

  #totalOf(bytes: Buffer): number {
    if (crc32(bytes.subarray(0, 8)) !== bytes.readUInt32BE(8))
      throw broken("a frame with a wrong checksum of its lengths");
    const total = bytes.readUInt32BE(0);
    if (total < PRELUDE_BYTES + bytes.readUInt32BE(4) + CHECKSUM_BYTES) throw broken("a frame of impossible length");
    if (total > this.#maxBytes) throw broken(`a frame of more than ${this.#maxBytes} bytes`);
    return total;
  }
}

function emitFrame(frame: Buffer, emit: OnEvent): void {
  const end = frame.length - CHECKSUM_BYTES;
  if (crc32(frame.subarray(0, end)) !== frame.readUInt32BE(end)) throw broken("a frame with a wrong checksum");
  const headersEnd = PRELUDE_BYTES + frame.readUInt32BE(4);
  const headers = readHeaders(frame.subarray(PRELUDE_BYTES, headersEnd));
  emit(nameOf(headers), frame.toString("utf8", headersEnd, end), true);
}

/** Makes a reader of one stream of AWS event frames. `maxBytes` bounds a frame. */
export function createFrameReader(maxBytes: number): EventCutter {
  return new FrameReader(maxBytes);
}
