import { PostingsRequest, StatusRequest } from "@sluice/proto/ledger/v1/ledger_service";
import { CountsRequest } from "@sluice/proto/quality/v1/quality_service";
import { z } from "zod";
import { doorJson } from "../json.ts";
import { type DoorParts, within } from "../parts.ts";
import { type DoorRoute, route } from "../route.ts";
import { moment, reference } from "../words.ts";

const period = { org: reference.default(""), from_ms: moment.optional(), to_ms: moment.optional() };
const countsQuery = z.strictObject({ ...period, model: reference.default("") });
const postingsQuery = z.strictObject({
  org: reference.default(""),
  after: z
    .string()
    .regex(/^\d{1,18}$/, "must be a posting's number")
    .transform(BigInt)
    .optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(1000),
  request_id: reference.default(""),
});

/** What was charged and counted, read only. */
export function ledgerRoutes(parts: DoorParts): readonly DoorRoute[] {
  const { ledger, quality } = parts.clients;
  const tenant = async (org: string) => (org === "" ? "" : (await parts.domain.directory.org(org)).id);
  const span = async (query: z.output<typeof countsQuery>) => ({
    tenantId: await tenant(query.org),
    fromMs: query.from_ms ?? 0n,
    toMs: query.to_ms ?? 0n,
  });
  return [
    route({
      method: "GET",
      path: "/postings",
      action: "posting.list",
      query: postingsQuery,
      async handle({ query, signal }) {
        const { after = 0n, limit, request_id: requestId } = query;
        const request = PostingsRequest.create({ tenantId: await tenant(query.org), after, limit, requestId });
        return doorJson(await ledger.postings(request, within(parts, signal)));
      },
    }),
    route({
      method: "GET",
      path: "/ledger",
      action: "ledger.status",
      async handle({ signal }) {
        return doorJson(await ledger.status(StatusRequest.create(), within(parts, signal)));
      },
    }),
    route({
      method: "GET",
      path: "/counts",
      action: "counts.read",
      query: countsQuery,
      async handle({ query, signal }) {
        const request = CountsRequest.create({ ...(await span(query)), model: query.model });
        return doorJson(await quality.counts(request, within(parts, signal)));
      },
    }),
  ];
}
