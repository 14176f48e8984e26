import { SluiceError } from "@sluice/platform/errors";
import type {
  ExportRequest,
  ExportResponse,
  Posting,
  ReportRequest,
  ReportResponse,
  UsageReportRequest,
  UsageReportResponse,
} from "@sluice/proto/ledger/v1/ledger_service";
import { postingOf } from "../answers.ts";
import type { Catalogue } from "../prices/catalogue.ts";
import { chargesOf } from "../prices/charges.ts";
import type { LedgerDatabase } from "../store/database.ts";
import { countPostings, postingsOfPeriod } from "../store/reports/read-postings.ts";
import { report } from "../store/reports/report.ts";
import { usageReport } from "../store/reports/usage-report.ts";
import type { PostingsTable } from "../store/schema.ts";

export interface ReportingOptions {
  readonly database: LedgerDatabase;
  readonly catalogue: Catalogue;
  readonly now: () => number;
}

/** Postings of one message: with the longest tags there can be they stay below what a message may have. */
const POSTINGS_PER_MESSAGE = 200;

/** `Report`. @throws invalid_request for an impossible period or dimension */
export async function serveReport(options: ReportingOptions, request: ReportRequest): Promise<ReportResponse> {
  const { tenantId, by } = request;
  const lines = await report(options.database, { ...periodOf(options, request), tenant: tenantId || undefined, by });
  return {
    rows: lines.map(({ group, nanousd, ...line }) => ({ ...line, group: [...group], costNanousd: nanousd })),
  };
}

/** `UsageReport`. @throws invalid_request for an impossible period or without a provider */
export async function serveUsageReport(
  options: ReportingOptions,
  request: UsageReportRequest,
): Promise<UsageReportResponse> {
  const { provider } = request;
  if (provider === "") throw new SluiceError("invalid_request", "provider is empty: say whose consumption.");
  const lines = await usageReport(options.database, { ...periodOf(options, request), provider });
  return { rows: lines.map(({ nanousd, ...line }) => ({ ...line, costNanousd: nanousd })) };
}

/** `Export`: how many postings there are, then the postings. @throws invalid_request for an impossible period */
export async function* serveExport(
  options: ReportingOptions,
  request: ExportRequest,
  signal: AbortSignal,
): AsyncGenerator<ExportResponse, void> {
  const { database, catalogue } = options;
  const period = { ...periodOf(options, request), tenant: request.tenantId || undefined };
  const total = await countPostings(database, period);
  yield { postings: [], total };
  for await (const rows of postingsOfPeriod(database, period)) {
    for (let from = 0; from < rows.length; from += POSTINGS_PER_MESSAGE) {
      if (signal.aborted) return;
      const some = rows.slice(from, from + POSTINGS_PER_MESSAGE);
      yield { postings: some.map((row) => chargedPosting(catalogue, row)), total };
    }
  }
}

function periodOf(
  { now }: ReportingOptions,
  { fromMs, toMs }: { readonly fromMs: bigint; readonly toMs: bigint },
): { readonly fromMs: bigint; readonly toMs: bigint } {
  const end = toMs === 0n ? BigInt(now()) + 1n : toMs;
  if (fromMs < 0n || end < fromMs) {
    throw new SluiceError("invalid_request", `The period ends (${end}) before it begins (${fromMs}).`);
  }
  return { fromMs, toMs: end };
}

/** A posting with its amount in classes, if they are its whole amount. */
function chargedPosting(catalogue: Catalogue, row: PostingsTable): Posting {
  const posting = postingOf(row);
  const price = row.kind === "metered" ? catalogue.version(row.price_version) : undefined;
  if (price === undefined || posting.usage === undefined) return posting;
  const charges = chargesOf(posting.usage, price, row.service_tier).map(({ nanousd, rate, ...charge }) => {
    return { ...charge, amountNanousd: nanousd, rateNanousd: rate };
  });
  const sum = charges.reduce((total, { amountNanousd }) => total + amountNanousd, 0n);
  return sum === row.nanousd ? { ...posting, charges } : posting;
}
