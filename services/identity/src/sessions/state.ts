import type { SessionRow } from "../store/schema.ts";

export type SessionWord = "open" | "closed" | "expired";

/** Whether a session can be used at this moment (milliseconds since the epoch). */
export function sessionStateOf(row: SessionRow, now: number): SessionWord {
  if (row.closed_at_ms > 0n) return "closed";
  return row.expires_at_ms <= BigInt(now) ? "expired" : "open";
}
