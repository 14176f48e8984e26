import { SluiceError } from "@sluice/platform/errors";
import type {
  RateLimit,
  RateLimitsRequest,
  RateLimitsResponse,
  SetRateLimitRequest,
  SetRateLimitResponse,
} from "@sluice/proto/ledger/v1/ledger_service";
import { type AccountRef, accountFromProto, accountToProto } from "../accounts.ts";
import { isTenant } from "../holds/check-request.ts";
import type { RateLimits } from "./minute.ts";
import type { RateKeeper } from "./rate-keeper.ts";

/** Sums of a minute stay exact in doubles. */
const PER_MINUTE_MAX = 1_000_000_000_000n;

/** @throws invalid_request for a malformed tenant or account, or an impossible figure */
export async function setRateLimit(rates: RateKeeper, request: SetRateLimitRequest): Promise<SetRateLimitResponse> {
  const { tenantId: tenant, limit } = request;
  if (!isTenant(tenant)) throw new SluiceError("invalid_request", `tenant_id "${tenant.slice(0, 60)}" is malformed.`);
  if (limit?.account === undefined) throw new SluiceError("invalid_request", "A rate limit needs an account.");
  const account = accountFromProto(limit.account);
  const requests = figureOf("requests_per_minute", limit.requestsPerMinute);
  const tokens = figureOf("tokens_per_minute", limit.tokensPerMinute);
  const limits: RateLimits = { ...(requests !== undefined && { requests }), ...(tokens !== undefined && { tokens }) };
  await rates.set({ tenant, account, limits });
  return { limit: toProto(account, limits) };
}

/** Lists rate limits by tenant and account. */
export async function rateLimits(rates: RateKeeper, request: RateLimitsRequest): Promise<RateLimitsResponse> {
  const rows = rates.list(request.tenantId === "" ? undefined : request.tenantId);
  return { limits: rows.map(({ tenant, account, limits }) => ({ tenantId: tenant, limit: toProto(account, limits) })) };
}

function figureOf(field: string, value: bigint | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (value >= 1n && value <= PER_MINUTE_MAX) return Number(value);
  const remedy = "Leave both figures out to remove the limit.";
  throw new SluiceError("invalid_request", `${field} is ${value}; 1 to ${PER_MINUTE_MAX} are possible. ${remedy}`);
}

function toProto(account: AccountRef, { requests, tokens }: RateLimits): RateLimit {
  return {
    account: accountToProto(account),
    requestsPerMinute: requests === undefined ? undefined : BigInt(requests),
    tokensPerMinute: tokens === undefined ? undefined : BigInt(tokens),
  };
}
