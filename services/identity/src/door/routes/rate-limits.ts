import { RateLimitsRequest, SetRateLimitRequest, type TenantRateLimit } from "@sluice/proto/ledger/v1/ledger_service";
import { z } from "zod";
import { rateThing } from "../../declared/row.ts";
import { accountNames, findAccount } from "../../directory/accounts.ts";
import { type DoorParts, within } from "../parts.ts";
import { type DoorRoute, type RawCall, route } from "../route.ts";
import { ACCOUNT_KINDS, accountKindWord, reference, wordOf } from "../words.ts";

const RATE_MAX = 1_000_000_000;

const which = { org: reference.default(""), account_kind: accountKindWord, account: reference };
const rate = z.int().min(1).max(RATE_MAX);
const newLimit = z
  .strictObject({
    ...which,
    requests_per_minute: rate.optional(),
    tokens_per_minute: rate.optional(),
  })
  .refine((body) => body.requests_per_minute !== undefined || body.tokens_per_minute !== undefined, {
    error: "give requests_per_minute, tokens_per_minute or both; DELETE removes the limit",
    path: ["requests_per_minute"],
  });
const oldLimit = z.strictObject(which);
const filter = z.strictObject({ org: reference.default("") });

/** Requests and tokens per minute. */
export function rateLimitRoutes(parts: DoorParts): readonly DoorRoute[] {
  return [
    route({
      method: "GET",
      path: "/rate-limits",
      action: "rate_limit.list",
      query: filter,
      async handle({ query, signal }) {
        const tenantId = query.org === "" ? "" : (await parts.domain.directory.org(query.org)).id;
        const [{ limits }, names] = await Promise.all([
          parts.clients.ledger.rateLimits(RateLimitsRequest.create({ tenantId }), within(parts, signal)),
          accountNames(parts.domain),
        ]);
        return { rate_limits: limits.map((limit) => limitJson(limit, names)) };
      },
    }),
    route({
      method: "PUT",
      path: "/rate-limits",
      action: "rate_limit.set",
      body: newLimit,
      handle: async (call) => {
        const { requests_per_minute: rpm, tokens_per_minute: tpm } = call.body;
        return { rate_limit: await change(parts, call, call.body, { rpm, tpm }) };
      },
    }),
    route({
      method: "DELETE",
      path: "/rate-limits",
      action: "rate_limit.remove",
      query: oldLimit,
      handle: async (call) => ({
        rate_limit: await change(parts, call, call.query, { rpm: undefined, tpm: undefined }),
      }),
    }),
  ];
}

async function change(
  parts: DoorParts,
  call: RawCall,
  wanted: z.output<typeof oldLimit>,
  { rpm, tpm }: { rpm: number | undefined; tpm: number | undefined },
): Promise<unknown> {
  const { account_kind: kind } = wanted;
  const found = await findAccount(parts.domain, { kind, account: wanted.account, org: wanted.org });
  call.audit.target = `${kind}:${found.id}`;
  call.audit.tenant = found.tenantId;
  await parts.domain.declarations.refuseDeclared(rateThing(found.tenantId, kind, found.id));
  const limit = {
    account: { kind: ACCOUNT_KINDS[kind], id: found.id },
    ...(rpm !== undefined && { requestsPerMinute: BigInt(rpm) }),
    ...(tpm !== undefined && { tokensPerMinute: BigInt(tpm) }),
  };
  const request = SetRateLimitRequest.create({ tenantId: found.tenantId, limit });
  await parts.clients.ledger.setRateLimit(request, within(parts, call.signal));
  return limitJson({ tenantId: found.tenantId, limit: request.limit }, await accountNames(parts.domain));
}

function limitJson({ tenantId, limit }: TenantRateLimit, names: ReadonlyMap<string, string>): unknown {
  const id = limit?.account?.id ?? "";
  const figure = (value: bigint | undefined) => (value === undefined ? null : Number(value));
  return {
    tenant_id: tenantId,
    tenant: names.get(tenantId) ?? "",
    account_kind: wordOf(ACCOUNT_KINDS, limit?.account?.kind),
    account: id,
    name: names.get(id) ?? "",
    requests_per_minute: figure(limit?.requestsPerMinute),
    tokens_per_minute: figure(limit?.tokensPerMinute),
  };
}
