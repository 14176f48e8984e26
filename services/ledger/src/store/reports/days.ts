/** Milliseconds of a rollup's slot; every time zone begins its days at the beginning of one. */
export const SLOT_MS = 900_000;

const KNOWN_MAX = 20_000;
const known = new Map<string, string>();

/** The day (YYYY-MM-DD) in which a quarter hour since the epoch begins, in a time zone; an empty zone is UTC. */
export function dayOf(slot: bigint, zone: string): string {
  const name = `${slot} ${zone}`;
  const seen = known.get(name);
  if (seen !== undefined) return seen;
  const instant = Temporal.Instant.fromEpochMilliseconds(Number(slot) * SLOT_MS);
  const day = instant
    .toZonedDateTimeISO(zone === "" ? "UTC" : zone)
    .toPlainDate()
    .toString();
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(name, day);
  return day;
}
