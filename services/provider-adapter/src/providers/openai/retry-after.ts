import { headerOf, type ResponseHeaders } from "../../http/types.ts";

/** Longest wait believed: a day. */
const MAX_MS = 86_400_000;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration such as "6ms", "1m12.5s" or "34.4s"; undefined if it is none. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(trimmed)) return undefined;
  let total = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (UNIT_MS[unit ?? ""] ?? 0);
  }
  return total;
}

function bounded(ms: number): number | undefined {
  return Number.isFinite(ms) && ms >= 0 ? Math.min(MAX_MS, Math.ceil(ms)) : undefined;
}

/** `retry-after`: seconds (also fractions) or an HTTP date. */
function fromRetryAfter(value: string, nowMs: number): number | undefined {
  if (/^\d+(?:\.\d+)?$/.test(value.trim())) return bounded(Number(value) * 1_000);
  // An HTTP date names its day; Date.parse alone would take "-1" for a year.
  const date = /^[A-Za-z]{3}/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : bounded(Math.max(0, date - nowMs));
}

const RESETS = ["-requests", "-tokens", "-requests-day", "-tokens-minute", ""];

/** A reset as a duration, as seconds, or as a moment in seconds or milliseconds since the epoch. */
function waitUntil(reset: string, nowMs: number): number | undefined {
  const amount = Number(reset);
  if (amount > 1e12) return Math.max(0, amount - nowMs);
  if (amount > 1e9) return Math.max(0, amount * 1_000 - nowMs);
  return parseDuration(reset) ?? parseDuration(`${reset}s`);
}

/** The reset of the limit that has nothing left, else the later of the resets given. */
function fromResets(headers: ResponseHeaders, nowMs: number): number | undefined {
  const waits: number[] = [];
  const exhausted: number[] = [];
  for (const kind of RESETS) {
    const reset = headerOf(headers, `x-ratelimit-reset${kind}`)?.trim();
    const wait = reset === undefined ? undefined : waitUntil(reset, nowMs);
    if (wait === undefined) continue;
    waits.push(wait);
    if (headerOf(headers, `x-ratelimit-remaining${kind}`)?.trim() === "0") exhausted.push(wait);
  }
  const candidates = exhausted.length > 0 ? exhausted : waits;
  return candidates.length === 0 ? undefined : bounded(Math.max(...candidates));
}

/** The wait a provider only writes into its sentence: "try again in 7.66s", "try again after 1 seconds". */
export function retryAfterOfSentence(sentence: string): number | undefined {
  const found = /try again (?:in|after) ((?:\d+(?:\.\d+)?(?:ms|s|m|h|d)(?![a-z]))+|\d+(?:\.\d+)? seconds?)/i.exec(
    sentence,
  )?.[1];
  if (found === undefined) return undefined;
  const wait = parseDuration(found.replace(/ seconds?$/i, "s"));
  return wait === undefined ? undefined : bounded(wait);
}

/** How long the provider asks to wait, in milliseconds: `retry-after-ms`, `retry-after`, then the rate limits' resets. */
export function retryAfterOf(headers: ResponseHeaders, nowMs: number, withResets: boolean): number | undefined {
  const exact = headerOf(headers, "retry-after-ms");
  if (exact !== undefined && /^\d+(?:\.\d+)?$/.test(exact.trim())) return bounded(Number(exact));
  const coarse = headerOf(headers, "retry-after");
  const asked = coarse === undefined ? undefined : fromRetryAfter(coarse, nowMs);
  if (asked !== undefined) return asked;
  return withResets ? fromResets(headers, nowMs) : undefined;
}
