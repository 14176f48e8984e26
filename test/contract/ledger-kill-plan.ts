import type { BusOptions } from "@sluice/platform/bus";
import type { RedisOptions } from "@sluice/platform/cache";
import type { DatabaseOptions } from "@sluice/platform/sql";

/** Between which steps the process dies; each is a moment at which something is durable and the next thing is not. */
export const POINTS = [
  "hold stored",
  "hold told",
  "facts delivered",
  "books written",
  "holds ended",
  "events told",
] as const;
export type Point = (typeof POINTS)[number];

export interface LedgerChildTask {
  readonly bus: BusOptions;
  readonly database: DatabaseOptions;
  readonly redis?: RedisOptions;
  readonly directory: string;
  readonly dieAt?: Point;
}

/** Attempts per run; enough for a batch in the hands of every process that dies. */
export const ATTEMPTS = 60;
/** These were started and never metered, these not even started. */
export const isAbandoned = (n: number): boolean => n % 10 === 0;
export const isUnstarted = (n: number): boolean => n % 10 === 5;
