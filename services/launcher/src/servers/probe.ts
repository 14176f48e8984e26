import { connect } from "node:net";

/** Longest a single probe may take, in milliseconds. */
const PROBE_MS = 2_000;

/**
 * Opens a connection to 127.0.0.1, hands over what arrives, and closes it again.
 * @returns what `judge` decided; undefined if the connection failed or ended before that
 */
export function probe<Verdict>(
  port: number,
  hello: Uint8Array | string,
  judge: (received: Buffer, send: (more: string) => void) => Verdict | undefined,
): Promise<Verdict | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    let received: Buffer = Buffer.alloc(0);
    const end = (verdict: Verdict | undefined): void => {
      socket.destroy();
      resolve(verdict);
    };
    socket.setTimeout(PROBE_MS, () => end(undefined));
    socket.on("connect", () => {
      if (hello.length > 0) socket.write(hello);
    });
    socket.on("data", (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      const verdict = judge(received, (more) => socket.write(more));
      if (verdict !== undefined) end(verdict);
    });
    socket.on("error", () => end(undefined));
    socket.on("close", () => end(undefined));
  });
}
