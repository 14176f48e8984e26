import type { Redis } from "ioredis";
import { SluiceError } from "../errors/index.ts";
import { redisFailure } from "./redis.ts";

/** Which Redis a connection leads to: another run is another memory, another replication id another history. */
export interface RedisIdentity {
  readonly runId: string;
  readonly replicationId: string;
}

/**
 * Asks Redis who it is.
 * @throws unavailable when it cannot be reached, is a replica, or is still loading
 */
export async function redisIdentity(redis: Redis): Promise<RedisIdentity> {
  const info = await redis.info("server", "replication", "persistence").catch((cause: unknown) => {
    throw redisFailure(cause);
  });
  const facts = new Map(
    info.split("\r\n").flatMap((line): [string, string][] => {
      const colon = line.indexOf(":");
      return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1)]];
    }),
  );
  const role = facts.get("role");
  if (role !== "master") {
    throw new SluiceError(
      "unavailable",
      `Redis is a ${role ?? "server of unknown role"} and takes no writes; waiting for the master.`,
    );
  }
  if (facts.get("loading") === "1") throw new SluiceError("unavailable", "Redis is still loading its data.");
  return { runId: facts.get("run_id") ?? "", replicationId: facts.get("master_replid") ?? "" };
}

export function isSameRedis(a: RedisIdentity, b: RedisIdentity): boolean {
  return a.runId === b.runId && a.replicationId === b.replicationId;
}
