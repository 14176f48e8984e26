import { SluiceError } from "@sluice/platform/errors";
import { Usage } from "@sluice/proto/common/v1/usage";
import { AdjustRequest, QuoteRequest, QuoteResponse, UsageReportRequest } from "@sluice/proto/ledger/v1/ledger_service";
import { z } from "zod";
import { doorJson } from "../json.ts";
import { type DoorParts, within } from "../parts.ts";
import { type DoorRoute, route } from "../route.ts";
import { amount, moment, reference } from "../words.ts";

const QUOTES_MAX = 200;
const ADJUSTMENTS_MAX = 200;
/** A day of a large installation takes a while. */
const REPORT_MS = 120_000;

const difference = z
  .string()
  .regex(/^-?\d{1,18}$/, "must be a whole number of at most 18 digits, as a string")
  .transform(BigInt);
/** Token classes as the door spells them, and as the contract does. */
const CLASSES = {
  input_tokens: "inputTokens",
  cached_input_tokens: "cachedInputTokens",
  cache_write_5m_tokens: "cacheWrite5mTokens",
  cache_write_1h_tokens: "cacheWrite1hTokens",
  output_tokens: "outputTokens",
  input_audio_tokens: "inputAudioTokens",
  output_audio_tokens: "outputAudioTokens",
  input_image_tokens: "inputImageTokens",
  output_image_tokens: "outputImageTokens",
} as const;
const classWord = z.enum(Object.keys(CLASSES) as [keyof typeof CLASSES]);

const reportQuery = z.strictObject({ provider: reference.min(1), from_ms: moment, to_ms: moment });
const quotesBody = z.strictObject({
  org: reference.default(""),
  quotes: z
    .array(
      z.strictObject({
        price_id: reference.min(1),
        at_ms: z.int().min(0),
        usage: z.partialRecord(classWord, amount),
      }),
    )
    .max(QUOTES_MAX),
});
const adjustment = z.strictObject({
  id: z.string().regex(/^rec_[0-9a-f]{40}$/, "must be rec_ and 40 hexadecimal digits"),
  provider: reference.min(1),
  model: reference.min(1),
  at_ms: z.int().min(0),
  amount_nanousd: difference,
  usage: z.partialRecord(classWord, difference),
  reason: z.string().max(200),
});
const adjustmentsBody = z.strictObject({
  org: reference.default(""),
  adjustments: z.array(adjustment).min(1).max(ADJUSTMENTS_MAX),
});

/** What a comparison with a provider's own bill needs: consumption as providers report it, prices, compensating entries. */
export function reconcileRoutes(parts: DoorParts): readonly DoorRoute[] {
  const { ledger } = parts.clients;
  return [
    route({
      method: "GET",
      path: "/usage-report",
      action: "usage_report.read",
      query: reportQuery,
      async handle({ query, signal }) {
        const { provider, from_ms: fromMs, to_ms: toMs } = query;
        const request = UsageReportRequest.create({ provider, fromMs, toMs });
        const { rows } = await ledger.usageReport(request, { deadlineMs: REPORT_MS, signal });
        return doorJson({ rows: rows.map((row) => ({ ...row, usage: wordsOf(row.usage) })) });
      },
    }),
    route({
      method: "POST",
      path: "/quotes",
      action: "quote.read",
      body: quotesBody,
      async handle({ body, signal }) {
        const tenantId = body.org === "" ? "" : (await parts.domain.directory.org(body.org)).id;
        const quotes = body.quotes.map(async ({ price_id: priceId, at_ms: at, usage }) => {
          const request = QuoteRequest.create({ tenantId, priceId, atMs: BigInt(at), usage: usageOf(usage) });
          return await ledger.quote(request, within(parts, signal)).catch(unpriced);
        });
        return doorJson({ quotes: await Promise.all(quotes) });
      },
    }),
    route({
      method: "POST",
      path: "/adjustments",
      action: "adjustment.post",
      body: adjustmentsBody,
      async handle(call) {
        const { id: tenantId } = await parts.domain.directory.org(call.body.org);
        call.audit.target = `${call.body.adjustments.length} entries`;
        call.audit.tenant = tenantId;
        const adjustments = call.body.adjustments.map((each) => adjustmentOf(tenantId, each));
        return doorJson(await ledger.adjust(AdjustRequest.create({ adjustments }), within(parts, call.signal)));
      },
    }),
  ];
}

function adjustmentOf(tenantId: string, wanted: z.output<typeof adjustment>) {
  const usage = usageOf(wanted.usage);
  const { id, provider, model, amount_nanousd: amountNanousd, reason } = wanted;
  return {
    id,
    tenantId,
    provider,
    model,
    amountNanousd,
    inputTokens: sum(wanted.usage, (name) => !name.startsWith("output_")),
    outputTokens: sum(wanted.usage, (name) => name.startsWith("output_")),
    atMs: BigInt(wanted.at_ms),
    reason,
    usage,
  };
}

/** A class without a rate is an answer here, not a failure of all the others. */
function unpriced(error: unknown): QuoteResponse {
  if (SluiceError.from(error).code === "model_unpriced") return QuoteResponse.create();
  throw error;
}

type ClassWord = keyof typeof CLASSES;
type ClassCounts = Readonly<Partial<Record<ClassWord, bigint>>>;

function usageOf(counts: ClassCounts): Usage {
  const usage = Usage.create();
  for (const [word, name] of Object.entries(CLASSES)) {
    const count = counts[word as ClassWord];
    if (count !== undefined) usage[name] = count;
  }
  return usage;
}

/** The classes that are there. */
function wordsOf(usage: Usage | undefined): Readonly<Record<string, bigint>> {
  const counts = Object.entries(CLASSES).map(([word, name]) => [word, usage?.[name]] as const);
  return Object.fromEntries(counts.filter((entry): entry is [ClassWord, bigint] => entry[1] !== undefined));
}

function sum(counts: ClassCounts, isWanted: (name: string) => boolean): bigint {
  return Object.entries(counts).reduce((total, [name, count]) => (isWanted(name) ? total + count : total), 0n);
}
