import { Readable } from "node:stream";
import { ExportRequest, ReportRequest, type ReportRow, RerateRequest } from "@sluice/proto/ledger/v1/ledger_service";
import { z } from "zod";
import { accountNames } from "../../directory/accounts.ts";
import { doorJson } from "../json.ts";
import { type DoorParts, within } from "../parts.ts";
import { postingJson } from "../posting-json.ts";
import { type DoorRoute, route } from "../route.ts";
import { moment, reference } from "../words.ts";

const BY_LENGTH_MAX = 1_200;
const PRICE_IDS_MAX = 1_000;
/** A day of a large installation takes a while. */
const REPORT_MS = 120_000;
const RERATE_MS = 300_000;

const period = { org: reference.default(""), from_ms: moment.optional(), to_ms: moment.optional() };
const reportQuery = z.strictObject({ ...period, by: z.string().max(BY_LENGTH_MAX).default("") });
const exportQuery = z.strictObject(period);
const rerateBody = z.strictObject({
  org: reference.default(""),
  from_ms: z.int().min(0),
  to_ms: z.int().positive(),
  price_ids: z.array(reference.min(1)).max(PRICE_IDS_MAX).default([]),
  post: z.boolean().default(false),
});

/** What was charged, summed or in full, and what it would cost by today's prices. */
export function reportRoutes(parts: DoorParts): readonly DoorRoute[] {
  const { ledger } = parts.clients;
  const tenant = async (org: string) => (org === "" ? "" : (await parts.domain.directory.org(org)).id);
  const span = async (query: z.output<typeof exportQuery>) => ({
    tenantId: await tenant(query.org),
    fromMs: query.from_ms ?? 0n,
    toMs: query.to_ms ?? 0n,
  });
  return [
    route({
      method: "GET",
      path: "/report",
      action: "report.read",
      query: reportQuery,
      async handle({ query, signal }) {
        const by = query.by === "" ? [] : query.by.split(",").map((word) => word.trim());
        const request = ReportRequest.create({ ...(await span(query)), by });
        const { rows } = await ledger.report(request, { deadlineMs: REPORT_MS, signal });
        const names = await accountNames(parts.domain);
        return { by: by.length === 0 ? ["provider", "model"] : by, rows: rows.map((row) => rowJson(row, names)) };
      },
    }),
    route({
      method: "GET",
      path: "/export",
      action: "posting.export",
      query: exportQuery,
      async handle({ query, ending }) {
        const request = ExportRequest.create(await span(query));
        return Readable.from(linesOf(parts, request, ending), { objectMode: false });
      },
    }),
    route({
      method: "POST",
      path: "/rerate",
      action: "ledger.rerate",
      body: rerateBody,
      async handle({ body, signal }) {
        const request = RerateRequest.create({
          tenantId: await tenant(body.org),
          fromMs: BigInt(body.from_ms),
          toMs: BigInt(body.to_ms),
          priceIds: body.price_ids,
          post: body.post,
        });
        return doorJson(await ledger.rerate(request, { ...within(parts, signal), deadlineMs: RERATE_MS }));
      },
    }),
  ];
}

/** `names` are those of the group's accounts, in its order; empty where there is none. */
function rowJson(row: ReportRow, names: ReadonlyMap<string, string>): unknown {
  return { ...(doorJson(row) as object), names: row.group.map((value) => names.get(value) ?? "") };
}

/** How many postings there are, then one posting a line. */
async function* linesOf(parts: DoorParts, request: ExportRequest, signal: AbortSignal): AsyncGenerator<string, void> {
  const names = await accountNames(parts.domain);
  let told = false;
  for await (const { postings, total } of parts.clients.ledger.export(request, { signal })) {
    if (!told) yield `${JSON.stringify({ total: Number(total) })}\n`;
    told = true;
    if (postings.length > 0) {
      yield postings.map((posting) => `${JSON.stringify(postingJson(posting, names))}\n`).join("");
    }
  }
}
