const MINUTE_MS = 60_000n;

/** The beginning of the minute of a time, both in milliseconds since the epoch. */
export function minuteOf(timeMs: bigint): bigint {
  return timeMs - (timeMs % MINUTE_MS);
}

/** Counts by the minute can wait: the facts of a fifth of a second are one transaction. */
export const REST_MS = 200;
