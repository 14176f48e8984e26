import { type Cell, csvLine, Decimal } from "./csv-text.ts";
import { ALL_TOKENS, type Meter, meterOf } from "./focus-meters.ts";
import { accountOf, type ExportFormat, type PostingLine } from "./posting-line.ts";

const NANO_DIGITS = 9;
const MILLION_DIGITS = 6;
const HOUR_MS = 3_600_000;
/** Kinds that change what was charged before. */
const CORRECTIONS = new Set(["correction", "rerated", "reconciliation"]);
/** Kinds that no consumption belongs to. */
const ADJUSTMENTS = new Set(["rerated", "reconciliation"]);

/** One row: a posting, or the part of one that a class of consumption makes up. */
interface Row {
  readonly posting: PostingLine;
  /** Where the amount belongs: undefined if it cannot be split. */
  readonly sku: string | undefined;
  readonly meter: Meter;
  readonly nanousd: bigint;
  readonly quantity: bigint;
  /** Nano-USD per million units; undefined if there is no single rate. */
  readonly rate: bigint | undefined;
}

type Column = readonly [name: string, cell: (row: Row) => Cell];

const cost = ({ nanousd }: Row): Cell => new Decimal(nanousd, NANO_DIGITS);
const unitPrice = ({ rate }: Row): Cell => (rate === undefined ? "" : new Decimal(rate, NANO_DIGITS));

/** Columns of the FinOps Open Cost and Usage Specification 1.2 that a gateway can fill, those of its own (`x_`) last. */
const COLUMNS: readonly Column[] = [
  ["BilledCost", cost],
  ["BillingAccountId", ({ posting }) => posting.tenant_id],
  ["BillingAccountName", ({ posting }) => accountOf(posting, "org")?.name ?? ""],
  ["BillingAccountType", () => "Organization"],
  ["BillingCurrency", () => "USD"],
  ["BillingPeriodEnd", ({ posting }) => monthAfter(billedAt(posting), 1)],
  ["BillingPeriodStart", ({ posting }) => monthAfter(billedAt(posting), 0)],
  ["ChargeCategory", ({ posting }) => (ADJUSTMENTS.has(posting.kind) ? "Adjustment" : "Usage")],
  ["ChargeClass", ({ posting }) => (isLate(posting) ? "Correction" : "")],
  [
    "ChargeDescription",
    ({ posting, meter }) => `${posting.provider}/${posting.model}: ${meter.name} (${posting.kind})`,
  ],
  ["ChargeFrequency", () => "Usage-Based"],
  ["ChargePeriodEnd", ({ posting }) => hourAfter(posting.started_at_ms, 1)],
  ["ChargePeriodStart", ({ posting }) => hourAfter(posting.started_at_ms, 0)],
  ["ConsumedQuantity", ({ quantity, meter }) => new Decimal(quantity, meter.digits)],
  ["ConsumedUnit", ({ meter }) => meter.unit],
  ["ContractedCost", cost],
  ["ContractedUnitPrice", unitPrice],
  ["EffectiveCost", cost],
  ["InvoiceIssuerName", ({ posting }) => posting.provider],
  ["ListCost", cost],
  ["ListUnitPrice", unitPrice],
  ["PricingCategory", ({ posting }) => (ADJUSTMENTS.has(posting.kind) ? "" : "Standard")],
  ["PricingQuantity", ({ quantity, meter }) => new Decimal(quantity, meter.digits + MILLION_DIGITS)],
  ["PricingUnit", ({ meter }) => `1000000 ${meter.unit}`],
  ["ProviderName", ({ posting }) => posting.provider],
  ["PublisherName", ({ posting }) => posting.provider],
  ["ResourceId", ({ posting }) => `${posting.provider}/${posting.model}`],
  ["ResourceName", ({ posting }) => posting.model],
  ["ResourceType", () => "Model"],
  ["ServiceCategory", () => "AI and Machine Learning"],
  ["ServiceName", ({ posting }) => `${posting.provider} API`],
  ["ServiceSubcategory", () => "Generative AI"],
  ["SkuId", ({ posting, sku }) => skuOf(posting, sku)],
  ["SkuMeter", ({ meter }) => meter.name],
  ["SkuPriceDetails", () => ""],
  ["SkuPriceId", ({ posting }) => posting.price_version],
  ["SubAccountId", ({ posting }) => subAccountOf(posting)?.id ?? ""],
  ["SubAccountName", ({ posting }) => subAccountOf(posting)?.name ?? ""],
  ["SubAccountType", ({ posting }) => SUB_ACCOUNTS[subAccountOf(posting)?.kind ?? ""] ?? ""],
  ["Tags", ({ posting }) => tagsOf(posting)],
  ["x_AttemptId", ({ posting }) => posting.attempt_id],
  ["x_PostedAt", ({ posting }) => new Date(posting.posted_at_ms).toISOString()],
  ["x_PostingKind", ({ posting }) => posting.kind],
  ["x_PostingSequence", ({ posting }) => posting.sequence],
  ["x_RequestId", ({ posting }) => posting.request_id],
  ["x_StartedAt", ({ posting }) => new Date(posting.started_at_ms).toISOString()],
];

const SUB_ACCOUNTS: Readonly<Record<string, string>> = { team: "Team", key: "API key" };

/** One row per posting and class of consumption; a posting whose amount cannot be split is one row. Rows sum to the books. */
export const focus: ExportFormat = {
  head: csvLine(COLUMNS.map(([name]) => name)),
  lines: (posting) =>
    rowsOf(posting)
      .map((row) => csvLine(COLUMNS.map(([, cell]) => cell(row))))
      .join(""),
};

function rowsOf(posting: PostingLine): readonly Row[] {
  if (posting.charges.length === 0) {
    const quantity = posting.input_tokens + posting.output_tokens;
    return [{ posting, sku: undefined, meter: ALL_TOKENS, nanousd: posting.amount_nanousd, quantity, rate: undefined }];
  }
  return posting.charges.map(({ class: sku, quantity, amount_nanousd: nanousd, rate_nanousd: rate }) => {
    return { posting, sku, meter: meterOf(sku), nanousd, quantity, rate };
  });
}

/** A correction is billed when it is made, whatever it corrects; everything else when it happened. */
function billedAt({ kind, posted_at_ms, started_at_ms }: PostingLine): number {
  return CORRECTIONS.has(kind) ? posted_at_ms : started_at_ms;
}

/** True for a correction of a month that is over: one of the current month is no `Correction` by the specification. */
function isLate(posting: PostingLine): boolean {
  return monthAfter(billedAt(posting), 0) !== monthAfter(posting.started_at_ms, 0);
}

function monthAfter(ms: number, months: number): string {
  const date = new Date(ms);
  return momentOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1));
}

function hourAfter(ms: number, hours: number): string {
  return momentOf((Math.floor(ms / HOUR_MS) + hours) * HOUR_MS);
}

/** Whole hours and months, which many rows share. */
const moments = new Map<number, string>();
const MOMENTS_MAX = 10_000;

function momentOf(ms: number): string {
  let text = moments.get(ms);
  if (text === undefined) {
    text = `${new Date(ms).toISOString().slice(0, 19)}Z`;
    if (moments.size >= MOMENTS_MAX) moments.clear();
    moments.set(ms, text);
  }
  return text;
}

function skuOf({ price_id, provider, model }: PostingLine, sku: string | undefined): string {
  const name = price_id === "" ? `${provider}/${model}` : price_id;
  return sku === undefined ? name : `${name}/${sku}`;
}

function subAccountOf(posting: PostingLine): PostingLine["accounts"][number] | undefined {
  return accountOf(posting, "team") ?? accountOf(posting, "key");
}

/** The request's tags, and what else costs are shared out by. */
function tagsOf(posting: PostingLine): string {
  const own: Record<string, string> = {};
  for (const kind of ["key", "user", "session"]) {
    const account = accountOf(posting, kind);
    if (account !== undefined) own[`sluice/${kind}`] = account.name === "" ? account.id : account.name;
  }
  if (posting.task !== "") own["sluice/task"] = posting.task;
  const tags = { ...posting.tags, ...own };
  return Object.keys(tags).length === 0 ? "" : JSON.stringify(tags);
}
