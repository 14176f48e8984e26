/**
 * A sliding minute in whole seconds: what was taken in each of the last 61 clock seconds. Any 60 seconds of real time lie within 61 clock
 * seconds, so what is admitted can never be more than the limit in any span of 60 seconds, wherever it begins. (The sliding-window log of
 * rate limiting, with one entry per second instead of one per request.)
 */
export interface Taken {
  /** Seconds since the epoch. */
  readonly second: number;
  readonly requests: number;
  readonly tokens: number;
}

/** What an account may take in a minute; absent means unlimited. */
export interface RateLimits {
  readonly requests?: number | undefined;
  readonly tokens?: number | undefined;
}

/** What one hold takes. */
export interface Need {
  readonly requests: number;
  readonly tokens: number;
}

/** Where one figure of an account stands. */
export interface Figure {
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until nothing that counts now counts any more. */
  readonly resetMs: number;
}

/** Where an account stands, and how long whoever needs more has to wait: 0 if it fits, Infinity if it never will. */
export interface Standing {
  readonly requests?: Figure | undefined;
  readonly tokens?: Figure | undefined;
  readonly waitMs: number;
}

const SECONDS = 61;

/** Entries that still count at a moment (epoch milliseconds). */
export function current(entries: readonly Taken[], nowMs: number): readonly Taken[] {
  const oldest = Math.floor(nowMs / 1_000) - SECONDS + 1;
  const first = entries[0];
  if (first === undefined || first.second >= oldest) return entries;
  return entries.filter(({ second }) => second >= oldest);
}

/** The entries with more taken in this second. A clock that goes back counts on in the newest second. */
export function add(entries: readonly Taken[], need: Need, nowMs: number): readonly Taken[] {
  const second = Math.floor(nowMs / 1_000);
  const last = entries.at(-1);
  if (last === undefined || last.second < second) return [...entries, { second, ...need }];
  const grown = { second: last.second, requests: last.requests + need.requests, tokens: last.tokens + need.tokens };
  return [...entries.slice(0, -1), grown];
}

/** The entries after a difference to what was taken at a moment: in its second, or the next one that is there; never below zero. */
export function correct(entries: readonly Taken[], change: Need, takenAtMs: number): readonly Taken[] {
  const second = Math.floor(takenAtMs / 1_000);
  const index = entries.findIndex((entry) => entry.second >= second);
  const entry = entries[index];
  if (entry === undefined) return entries;
  const requests = Math.max(0, entry.requests + change.requests);
  const tokens = Math.max(0, entry.tokens + change.tokens);
  return entries.with(index, { second: entry.second, requests, tokens });
}

/** Where an account stands and whether the need fits. Entries must be current. */
export function stand(entries: readonly Taken[], limits: RateLimits, need: Need, nowMs: number): Standing {
  const requests = figureOf(entries, "requests", limits.requests, nowMs);
  const tokens = figureOf(entries, "tokens", limits.tokens, nowMs);
  const waitMs = Math.max(
    waitOf(entries, { name: "requests", limit: limits.requests, need: need.requests }, nowMs),
    waitOf(entries, { name: "tokens", limit: limits.tokens, need: need.tokens }, nowMs),
  );
  return { requests, tokens, waitMs };
}

type FigureName = "requests" | "tokens";

function figureOf(
  entries: readonly Taken[],
  name: FigureName,
  limit: number | undefined,
  nowMs: number,
): Figure | undefined {
  if (limit === undefined) return undefined;
  let used = 0;
  let newest: number | undefined;
  for (const entry of entries) {
    used += entry[name];
    if (entry[name] > 0) newest = entry.second;
  }
  return { limit, remaining: Math.max(0, limit - used), resetMs: newest === undefined ? 0 : leavesAt(newest) - nowMs };
}

function waitOf(
  entries: readonly Taken[],
  { name, limit, need }: { readonly name: FigureName; readonly limit: number | undefined; readonly need: number },
  nowMs: number,
): number {
  if (limit === undefined || need === 0) return 0;
  if (need > limit) return Number.POSITIVE_INFINITY;
  let excess = need - limit;
  for (const entry of entries) excess += entry[name];
  if (excess <= 0) return 0;
  for (const entry of entries) {
    excess -= entry[name];
    if (excess <= 0) return Math.max(1, leavesAt(entry.second) - nowMs);
  }
  return Number.POSITIVE_INFINITY;
}

/** Epoch milliseconds from which a second no longer counts. */
function leavesAt(second: number): number {
  return (second + SECONDS) * 1_000;
}
