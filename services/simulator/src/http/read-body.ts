import type { IncomingMessage } from "node:http";

/** A request's body, or why there is none: longer than allowed, or the client left. */
export type BodyResult = Buffer | "too_large" | "aborted";

/** Reads a body of at most `bytesMax` bytes; a longer one is refused as soon as that is known. */
export function readBody(request: IncomingMessage, bytesMax: number): Promise<BodyResult> {
  return new Promise((resolve) => {
    if (Number(request.headers["content-length"] ?? 0) > bytesMax) return resolve("too_large");
    const chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > bytesMax) {
        request.removeAllListeners("data").pause();
        return resolve("too_large");
      }
      chunks.push(chunk);
    });
    request.once("end", () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
    );
    request.once("error", () => resolve("aborted"));
    request.once("close", () => resolve("aborted"));
  });
}
