import type { Redis } from "ioredis";
import { SluiceError } from "../errors/index.ts";
import type { Logger } from "../log/index.ts";

export type { Redis } from "ioredis";

export interface RedisOptions {
  readonly host: string;
  readonly port: number;
  readonly password?: string;
  readonly log?: Logger;
  /** Milliseconds one command may take; default 2,000. */
  readonly commandTimeoutMs?: number;
  /** Milliseconds the first connection may take; default 5,000. */
  readonly connectTimeoutMs?: number;
}

const RECONNECT_MS_MIN = 50;
const RECONNECT_MS_MAX = 1_000;

/**
 * Connects to Redis and stays connected. While it is away commands fail at once instead of queueing, and a command
 * whose answer was lost is never sent again: scripts that move money decide that themselves.
 * @throws unavailable when the first connection fails, unauthenticated for a wrong password
 */
export async function connectRedis(options: RedisOptions): Promise<Redis> {
  const { Redis: Client } = await import("ioredis");
  const { host, port, log } = options;
  const redis = new Client({
    host,
    port,
    ...(options.password !== undefined && { password: options.password }),
    lazyConnect: true,
    connectTimeout: options.connectTimeoutMs ?? 5_000,
    commandTimeout: options.commandTimeoutMs ?? 2_000,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    keepAlive: 30_000,
    // Commands of one turn of the event loop leave together: a write costs more than a command.
    enableAutoPipelining: true,
    retryStrategy: (attempt) => Math.min(RECONNECT_MS_MIN * 2 ** Math.min(attempt, 10), RECONNECT_MS_MAX),
  });
  // Without a listener each lost connection would print to the console.
  let failing = false;
  let lastError: Error | undefined;
  redis.on("error", (error: Error) => {
    lastError = error;
    if (!failing) log?.warn({ err: error, address: `${host}:${port}` }, "redis connection failed");
    failing = true;
  });
  redis.on("ready", () => {
    if (failing) log?.info({ address: `${host}:${port}` }, "redis connection restored");
    failing = false;
  });
  try {
    await redis.connect();
    return redis;
  } catch (thrown) {
    redis.disconnect();
    // The rejection only says that the connection closed; the event before it said why.
    throw connectFailure(lastError ?? thrown, `${host}:${port}`);
  }
}

function connectFailure(thrown: unknown, address: string): SluiceError {
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  if (/NOAUTH|WRONGPASS|without any password|invalid password/i.test(reason)) {
    return new SluiceError("unauthenticated", `Redis at ${address} refused the password; check redis.password_file.`, {
      cause: thrown,
    });
  }
  return new SluiceError(
    "unavailable",
    `Redis at ${address} cannot be reached (${reason}); check redis.host and redis.port.`,
    { cause: thrown },
  );
}

/** A failed command as a SluiceError: `unavailable` when its effect is unknown or it was never sent. */
export function redisFailure(thrown: unknown): SluiceError {
  if (thrown instanceof SluiceError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  const answered = thrown instanceof Error && thrown.name === "ReplyError";
  if (answered && !/^(?:LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|MISCONF|OOM|NOREPLICAS)\b/.test(reason)) {
    return new SluiceError("internal", `Redis refused a command: ${reason}`, { cause: thrown });
  }
  return new SluiceError("unavailable", `Redis did not carry out a command: ${reason}`, { cause: thrown });
}
