const MINUTE_MS = 60_000n;

/** The beginning of the minute of a time, both in milliseconds since the epoch. */
export function minuteOf(timeMs: bigint): bigint {
  return timeMs - (timeMs % MINUTE_MS);
}
