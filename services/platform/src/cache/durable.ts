import type { Redis } from "ioredis";
import { SluiceError } from "../errors/index.ts";

const REQUIRED = { appendonly: "yes", appendfsync: "always", "maxmemory-policy": "noeviction" } as const;

/**
 * Checks that Redis keeps what it acknowledged: holds are money.
 * @throws invalid_request naming each setting that is wrong; unavailable when the settings cannot be read
 */
export async function checkDurable(redis: Redis): Promise<void> {
  const wrong: string[] = [];
  for (const [setting, wanted] of Object.entries(REQUIRED)) {
    const actual = await readSetting(redis, setting);
    if (actual !== wanted) wrong.push(`${setting} is ${actual ?? "unknown"} and must be ${wanted}`);
  }
  if (wrong.length === 0) return;
  throw new SluiceError(
    "invalid_request",
    `Redis would lose holds: ${wrong.join("; ")}. Change it in redis.conf and restart Redis.`,
  );
}

async function readSetting(redis: Redis, setting: string): Promise<string | undefined> {
  try {
    const answer: unknown = await redis.config("GET", setting);
    return Array.isArray(answer) ? String(answer[1]) : undefined;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SluiceError("unavailable", `Redis does not tell its setting ${setting} (${reason}); allow CONFIG GET.`, {
      cause,
    });
  }
}
