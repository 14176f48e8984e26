import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Below the range from which operating systems take local ports for outgoing connections: a server that is
 * killed and started again on its port must not find it taken by somebody's client connection.
 */
const FIRST = 20_000;
const LAST = 31_999;
const TRIES = 200;
/** Ports this process has given out: their users may not listen there yet, and one start takes two dozen of them. */
const given = new Set<number>();

/**
 * Finds a port on 127.0.0.1 that nobody listens on and that was not given out before. Another process may still take it first: retry on
 * failure.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomInt(FIRST, LAST + 1);
    if (given.has(port)) continue;
    given.add(port);
    if (await canListen(port)) return port;
  }
  throw new Error(`No free port between ${FIRST} and ${LAST} on 127.0.0.1 after ${TRIES} tries.`);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}
