import type { IncomingMessage } from "node:http";
import { SluiceError } from "@sluice/platform/errors";

/**
 * Reads a request's body up to `limit` bytes. A body that says it is longer is refused before any of it is read.
 * `reserve` is asked for room before a piece is kept.
 * @throws payload_too_large naming the limit, cancelled if the client stopped half-way, and what `reserve` throws
 */
export function readBody(
  raw: IncomingMessage,
  limit: number,
  reserve: (bytes: number) => void = () => undefined,
): Promise<Buffer> {
  const declared = Number(raw.headers["content-length"] ?? 0);
  if (declared > limit) return Promise.reject(tooLarge(`${declared} bytes`, limit));
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    const stop = (): void => {
      raw.off("data", onData).off("end", onEnd).off("error", onClose).off("close", onClose);
    };
    const onData = (piece: Buffer): void => {
      size += piece.length;
      if (size > limit) {
        stop();
        reject(tooLarge(`more than ${limit} bytes`, limit));
        return;
      }
      try {
        reserve(piece.length);
      } catch (thrown) {
        stop();
        reject(thrown);
        return;
      }
      pieces.push(piece);
    };
    const onEnd = (): void => {
      stop();
      const [only] = pieces;
      resolve(pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces, size));
    };
    const onClose = (): void => {
      stop();
      reject(new SluiceError("cancelled", "The client closed the connection before its request was complete."));
    };
    raw.on("data", onData).on("end", onEnd).on("error", onClose).on("close", onClose);
  });
}

/** Most bytes of a refused body that are read and thrown away to keep the connection usable. */
const DISCARD_BYTES_MAX = 64 * 1024 * 1024;
const LINGER_MS = 2_000;

/**
 * Decides what becomes of a connection whose request was answered before its body was read. A client that still sends
 * would lose the answer if the connection closed under it, so a bounded rest is read and thrown away.
 */
export function discardRest(raw: IncomingMessage): void {
  if (raw.complete || raw.destroyed) return;
  let left = DISCARD_BYTES_MAX;
  // A client that goes on sending for ever gets no more than this; unref, because it must not hold up an exit.
  const timer = setTimeout(
    () => raw.destroy(),
    Number(raw.headers["content-length"] ?? 0) > left ? LINGER_MS : 10 * LINGER_MS,
  );
  timer.unref();
  raw.on("data", (piece: Buffer) => {
    left -= piece.length;
    if (left < 0) raw.destroy();
  });
  raw.once("close", () => clearTimeout(timer));
  raw.once("end", () => clearTimeout(timer));
}

function tooLarge(actual: string, limit: number): SluiceError {
  return new SluiceError(
    "payload_too_large",
    `The request body has ${actual}; the limit is ${limit} bytes (ingress.body_bytes_max).`,
  );
}
