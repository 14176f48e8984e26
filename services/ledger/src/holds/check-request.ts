import { SluiceError } from "@sluice/platform/errors";
import type { HoldRequest } from "@sluice/proto/ledger/v1/ledger_service";
import { unitsOf } from "../prices/unit-bounds.ts";

const ID = /^[A-Za-z0-9_.-]{1,80}$/;
const TENANT = /^[a-z0-9_-]{1,40}$/;
const TOKENS_MAX = 1_000_000_000n;
const UNITS_MAX = 1_000_000_000n;
const ANSWERS_MAX = 128;
const EXTRA_MAX = 10n ** 15n;
/** How far a caller's clock may be ahead. */
const AHEAD_MS_MAX = 600_000;
const TAGS_MAX = 64;
const LABEL_LENGTH_MAX = 512;
const ID_WORDS = "1 to 80 characters of letters, digits, _, . and -";

export interface RequestBounds {
  /** Longest life of a hold in milliseconds. */
  readonly ttlMaxMs: number;
  /** The ledger's clock in epoch milliseconds. */
  readonly now: number;
}

/** @throws invalid_request naming the field, its value and what is allowed */
export function checkHoldRequest(request: HoldRequest, { ttlMaxMs, now }: RequestBounds): void {
  checkName(request.tenantId, request.attemptId);
  for (const field of ["inputTokenBound", "outputTokenBound", "outputTokenMinimum"] as const) {
    const value = request[field];
    if (value < 0n || value > TOKENS_MAX) throw invalid(field, value, `0 to ${TOKENS_MAX} tokens`);
  }
  for (const [name, value] of request.units === undefined ? [] : unitsOf(request.units)) {
    if (value < 0n || value > UNITS_MAX) throw invalid(`units.${name}`, value, `0 to ${UNITS_MAX}`);
  }
  if (request.extraNanousd < 0n || request.extraNanousd > EXTRA_MAX) {
    throw invalid("extra_nanousd", request.extraNanousd, `0 to ${EXTRA_MAX} nano-USD`);
  }
  checkStart(request.startedAtMs, { ttlMaxMs, now });
  if (request.sliceId !== "" && !ID.test(request.sliceId)) throw invalid("slice_id", request.sliceId, ID_WORDS);
  checkLabels(request);
  if (request.n < 1 || request.n > ANSWERS_MAX) throw invalid("n", request.n, `1 to ${ANSWERS_MAX} answers`);
  checkLife(request.ttlMs, ttlMaxMs);
}

/** Windows are those of the start: a caller whose clock is wrong would use another day's budget. */
function checkStart(startedAtMs: bigint, { ttlMaxMs, now }: RequestBounds): void {
  const [earliest, latest] = [now - ttlMaxMs, now + AHEAD_MS_MAX];
  if (startedAtMs === 0n || (startedAtMs >= BigInt(earliest) && startedAtMs <= BigInt(latest))) return;
  const clock = `at most ${ttlMaxMs} ms before and ${AHEAD_MS_MAX} ms after ${now}, the ledger's clock; set the caller's`;
  throw invalid("started_at_ms", startedAtMs, `0 (now), or milliseconds since 1970 ${clock}`);
}

/** Databases do not agree on every text: what is held here could never be booked there. */
function checkLabels({ task, tags }: HoldRequest): void {
  const texts = Object.entries(tags).flat();
  if (texts.length > 2 * TAGS_MAX) throw invalid("tags", `${texts.length / 2} tags`, `at most ${TAGS_MAX}`);
  for (const text of [task, ...texts]) {
    if (text.length > LABEL_LENGTH_MAX) throw invalid("task or tags", text, `at most ${LABEL_LENGTH_MAX} characters`);
    if (!text.isWellFormed() || CONTROL.test(text)) {
      throw invalid("task or tags", text, "texts without control or broken characters");
    }
  }
}

const CONTROL = /\p{Cc}/u;

/** @throws invalid_request for a tenant or hold id outside the allowed alphabet */
export function checkName(tenant: string, id: string): void {
  if (!TENANT.test(tenant)) throw invalid("tenant_id", tenant, "1 to 40 characters of a-z, 0-9, _ and -");
  if (!ID.test(id)) throw invalid("hold id", id, ID_WORDS);
}

/** @throws invalid_request for a life that is not positive or too long */
export function checkLife(ttlMs: bigint, ttlMaxMs: number): void {
  if (ttlMs < 1n || ttlMs > BigInt(ttlMaxMs)) throw invalid("ttl_ms", ttlMs, `1 to ${ttlMaxMs} milliseconds`);
}

/** True if facts with these ids can be stored and published. */
export function isTenant(tenant: string): boolean {
  return TENANT.test(tenant);
}

/** True for ids a hold can have. */
export function isHoldId(id: string): boolean {
  return ID.test(id);
}

function invalid(field: string, value: string | number | bigint, allowed: string): SluiceError {
  return new SluiceError("invalid_request", `${field} is "${String(value).slice(0, 100)}"; allowed are ${allowed}.`);
}
