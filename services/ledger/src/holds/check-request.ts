import { SluiceError } from "@sluice/platform/errors";
import type { HoldRequest } from "@sluice/proto/ledger/v1/ledger_service";

const ID = /^[A-Za-z0-9_.-]{1,80}$/;
const TENANT = /^[a-z0-9_-]{1,40}$/;
const TOKENS_MAX = 1_000_000_000n;
const ANSWERS_MAX = 128;

/** @throws invalid_request naming the field, its value and what is allowed */
export function checkHoldRequest(request: HoldRequest, ttlMaxMs: number): void {
  checkName(request.tenantId, request.attemptId);
  for (const field of ["inputTokenBound", "outputTokenBound", "outputTokenMinimum"] as const) {
    const value = request[field];
    if (value < 0n || value > TOKENS_MAX) throw invalid(field, value, `0 to ${TOKENS_MAX} tokens`);
  }
  if (request.n < 1 || request.n > ANSWERS_MAX) throw invalid("n", request.n, `1 to ${ANSWERS_MAX} answers`);
  checkLife(request.ttlMs, ttlMaxMs);
}

/** @throws invalid_request for a tenant or hold id outside the allowed alphabet */
export function checkName(tenant: string, id: string): void {
  if (!TENANT.test(tenant)) throw invalid("tenant_id", tenant, "1 to 40 characters of a-z, 0-9, _ and -");
  if (!ID.test(id)) throw invalid("hold id", id, "1 to 80 characters of letters, digits, _, . and -");
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
