import { parseDuration } from "./amounts.ts";
import { UsageError } from "./failure.ts";

/** Options that name a period. */
export interface PeriodFlags {
  readonly from?: string;
  readonly to?: string;
  readonly since?: string;
}

/** A period as the admin door takes it: epoch milliseconds as text, the end exclusive; undefined is open. */
export interface Period {
  readonly fromMs: string | undefined;
  readonly toMs: string | undefined;
}

const MOMENT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** @throws UsageError for a moment or duration that is none, for two beginnings, or an end before its beginning */
export function parsePeriod(flags: PeriodFlags, now: number): Period {
  if (flags.from !== undefined && flags.since !== undefined) {
    throw new UsageError("give the beginning once: --from or --since.");
  }
  const from = flags.since === undefined ? parseMoment("--from", flags.from) : now - parseDuration(flags.since);
  const to = parseMoment("--to", flags.to);
  if (from !== undefined && from >= (to ?? now)) {
    throw new UsageError(`the period is empty: it begins at ${wordOf(from)} and ends at ${wordOf(to ?? now)}.`);
  }
  return { fromMs: from?.toString(), toMs: to?.toString() };
}

function parseMoment(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = MOMENT.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(ms) && ms >= 0) return ms;
  throw new UsageError(`${option} "${text}" is no moment: write 2026-11-01 (midnight UTC) or 2026-11-01T08:00:00Z.`);
}

function wordOf(ms: number): string {
  return new Date(ms).toISOString();
}
