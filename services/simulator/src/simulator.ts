import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type Bill, BillLog } from "./bills/bill-log.ts";
import { keyCheck } from "./http/authorize.ts";
import { createSimulatorServer } from "./http/server.ts";

/** How to start a simulator; everything has a default. */
export interface SimulatorOptions {
  readonly host?: string | undefined;
  /** 0 or absent = a free port. */
  readonly port?: number | undefined;
  /** Absent = a new random key. */
  readonly apiKey?: string | undefined;
  readonly ttftMs?: number | undefined;
  readonly tokensPerSecond?: number | undefined;
  /** Multiplies all waiting times; 0 = as fast as possible. */
  readonly pace?: number | undefined;
  readonly bodyBytesMax?: number | undefined;
  /** True if a chat model it does not know answers as `small` does; false by default. */
  readonly anyModel?: boolean | undefined;
  readonly billLogSize?: number | undefined;
  readonly billLogFile?: string | undefined;
}

/** A simulator that answers. */
export interface Simulator {
  /** Base URL without path; the APIs are under `/v1` and `/v1beta`. */
  readonly url: string;
  readonly port: number;
  readonly apiKey: string;
  /** Bills in memory with a sequence above `after`, oldest first. */
  bills(after?: number): readonly Bill[];
  /** Takes no new connections and resolves when no request is running or the deadline has passed. */
  drain(deadlineMs: number): Promise<void>;
  /** Ends everything at once; running requests are billed as left by the client. */
  close(): Promise<void>;
}

/**
 * Starts a simulator on its own HTTP server.
 * @throws the error of `listen` (EADDRINUSE, EACCES) or of opening the bill log's file
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const host = options.host ?? "127.0.0.1";
  const apiKey = options.apiKey ?? randomBytes(24).toString("base64url");
  const bills = new BillLog({ capacity: options.billLogSize ?? 100_000, file: options.billLogFile });
  const server = createSimulatorServer({
    pace: { ttftMs: options.ttftMs ?? 20, tokensPerSecond: options.tokensPerSecond ?? 500, pace: options.pace ?? 1 },
    bodyBytesMax: options.bodyBytesMax ?? 20_971_520,
    anyModel: options.anyModel ?? false,
    bills,
    accepts: keyCheck(apiKey),
  });
  const running = countRunning(server);
  server.listen(options.port ?? 0, host);
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  let closed: Promise<void> | undefined;
  const stopListening = (): Promise<void> => {
    closed ??= new Promise((resolve) => server.close(() => resolve()));
    return closed;
  };
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    port,
    apiKey,
    bills: (after = 0) => bills.list(after),
    drain: async (deadlineMs) => {
      void stopListening();
      await running.idle(deadlineMs);
    },
    close: async () => {
      const ended = stopListening();
      server.closeAllConnections();
      await ended;
      // Responses learn of their dead sockets in the same turn; their bills come before the file is closed.
      await running.idle(1_000);
      bills.close();
    },
  };
}

/** Follows how many requests are being answered. */
function countRunning(server: ReturnType<typeof createSimulatorServer>): { idle(deadlineMs: number): Promise<void> } {
  let running = 0;
  const waiting = new Set<() => void>();
  server.on("request", (_request, response) => {
    running++;
    response.once("close", () => {
      if (--running > 0) return;
      for (const wake of waiting) wake();
      waiting.clear();
    });
  });
  return {
    idle: (deadlineMs) =>
      new Promise((resolve) => {
        if (running === 0) return resolve();
        const timer = setTimeout(resolve, deadlineMs);
        waiting.add(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}
