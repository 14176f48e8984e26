import { BinaryWriter } from "@bufbuild/protobuf/wire";
import type { MessageCodec } from "./types.ts";

/** A writer's buffer grows with its largest message; beyond this it is given back. */
const KEEP_BYTES = 65_536;

let shared = new BinaryWriter();

/**
 * Encodes with one writer for all messages: `finish` copies the bytes out and resets it, and making a writer for
 * each message costs five times as much as encoding a streamed word.
 */
export function encodeMessage(codec: MessageCodec<unknown>, message: unknown): Uint8Array {
  let intact = false;
  try {
    const bytes = codec.encode(message, shared).finish();
    intact = bytes.length <= KEEP_BYTES;
    return bytes;
  } finally {
    // After a failure it holds half a message.
    if (!intact) shared = new BinaryWriter();
  }
}
