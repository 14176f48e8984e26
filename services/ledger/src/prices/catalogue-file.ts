import { SluiceError } from "@sluice/platform/errors";
import { parse } from "yaml";
import { z } from "zod";
import type { PricedModel } from "./catalogue.ts";
import { type Override, tierAtShare } from "./override.ts";
import { KINDS, type LongContext, type Price, type Rates, type Tier } from "./price.ts";

const whole = z.union([z.bigint(), z.int()]).transform(BigInt);
const rate = whole.pipe(
  z
    .bigint()
    .nonnegative()
    .max(10n ** 18n),
);
const rateFields = {
  input: rate.optional(),
  cached_input: rate.optional(),
  cache_write_5m: rate.optional(),
  cache_write_1h: rate.optional(),
  output: rate.optional(),
  reasoning: rate.optional(),
  audio_input: rate.optional(),
  audio_output: rate.optional(),
  image_input: rate.optional(),
  image_output: rate.optional(),
  image: rate.optional(),
  request: rate.optional(),
  server_tools: z.record(z.string().min(1), rate).optional(),
  search: rate.optional(),
  audio_second: rate.optional(),
  character: rate.optional(),
};
const longSchema = z.strictObject({ above_input_tokens: whole.pipe(z.bigint().positive()), ...rateFields });
const longContext = z.union([longSchema.transform((one) => [one]), z.array(longSchema).min(1)]).optional();
/** At most four decimals, so that a share of it is a whole number of millionths. */
const percent = z
  .union([z.bigint().transform(Number), z.number()])
  .refine((value) => value > 0 && value <= 10_000, "is not above 0 and at most 10,000")
  .refine((value) => Math.abs(value * 1e4 - Math.round(value * 1e4)) < 1e-6, "has more than four decimals");
const tierFields = { ...rateFields, long_context: longContext };
const tierSchema = z.union([z.strictObject({ percent }), z.strictObject(tierFields)]);
const versionName = z.string().regex(/^[A-Za-z0-9._-]{1,40}$/);
const versionSchema = z.strictObject({
  version: versionName,
  valid_from: z.iso.datetime(),
  ...tierFields,
  request_fees_most: rate.optional(),
  tiers: z.record(z.string().regex(/^[a-z0-9_-]{1,40}$/), tierSchema).optional(),
});
const modelSchema = z.strictObject({
  price_id: z.string().regex(/^[^\s@]+\/[^\s@]+$/),
  kind: z.enum(KINDS).default("chat"),
  source: z.string().optional(),
  retrieved: z.string().optional(),
  aliases: z.array(z.string().regex(/^[^\s/]+\/\S+$/)).default([]),
  versions: z.array(versionSchema).min(1),
});
const overrideSchema = z
  .strictObject({
    id: versionName,
    org: z.string().regex(/^[a-z0-9_-]{1,40}$/),
    price_id: z.string().regex(/^[^\s@]+$/),
    valid_from: z.iso.datetime(),
    discount_percent: percent.refine((value) => value <= 100, "is more than 100").optional(),
    multiplier: percent.optional(),
    rates: z.strictObject(tierFields).optional(),
  })
  .refine(
    ({ discount_percent, multiplier, rates }) =>
      [discount_percent, multiplier, rates].filter((way) => way !== undefined).length === 1,
    "needs exactly one of discount_percent, multiplier and rates",
  );
const fileSchema = z.strictObject({
  provider: z.string().min(1),
  provider_aliases: z.array(z.string().regex(/^[^\s/]+$/)).default([]),
  source: z.string().min(1),
  retrieved: z.string().min(1),
  notes: z.array(z.string()).optional(),
  prices: z.array(modelSchema).default([]),
  overrides: z.array(overrideSchema).default([]),
});

type WireTier = z.output<z.ZodObject<typeof tierFields>>;

/** What one catalogue file says. */
export interface CatalogueFile {
  readonly provider: string;
  readonly providerAliases: readonly string[];
  readonly prices: readonly Price[];
  readonly models: readonly PricedModel[];
  readonly overrides: readonly Override[];
}

/** Reads one catalogue file; undefined, and one sentence per problem, if anything is wrong with it. */
export function parseCatalogueFile(file: string, text: string, problems: string[]): CatalogueFile | undefined {
  let raw: unknown;
  try {
    // Whole numbers of JSON are exact up to 2^53, and refused beyond; reading it takes a hundredth of the time.
    raw = file.endsWith(".json") ? JSON.parse(text) : parse(text, { intAsBigInt: true });
  } catch (error) {
    problems.push(`${file}: ${SluiceError.from(error).message}`);
    return undefined;
  }
  const parsed = fileSchema.safeParse(raw);
  if (!parsed.success) {
    problems.push(...parsed.error.issues.map((issue) => `${file}: ${issue.path.join(".")}: ${issue.message}`));
    return undefined;
  }
  const { provider, provider_aliases: providerAliases, source, retrieved, prices, overrides } = parsed.data;
  return {
    provider,
    providerAliases,
    prices: prices.flatMap(({ price_id, versions }) => versions.map((version) => toPrice(price_id, version))),
    models: prices.map((model) => ({
      priceId: model.price_id,
      kind: model.kind,
      aliases: model.aliases,
      source: model.source ?? source,
      retrieved: model.retrieved ?? retrieved,
      file,
    })),
    overrides: overrides.map(toOverride),
  };
}

function toPrice(priceId: string, version: z.output<typeof versionSchema>): Price {
  const { rates, longContext: long } = toTier(version);
  const tiers = Object.entries(version.tiers ?? {}).map(([name, tier]): [string, Tier] => [
    name,
    "percent" in tier ? tierAtShare({ rates, longContext: long }, millionths(tier.percent / 100)) : toTier(tier, rates),
  ]);
  return {
    priceId,
    id: `${priceId}@${version.version}`,
    validFrom: Date.parse(version.valid_from),
    rates,
    longContext: long,
    tiers: version.tiers === undefined ? undefined : Object.fromEntries(tiers),
    requestFeesMost: version.request_fees_most,
  };
}

function toOverride(wire: z.output<typeof overrideSchema>): Override {
  const { id, org, price_id, valid_from, discount_percent, multiplier, rates } = wire;
  const off = discount_percent === undefined ? undefined : 1_000_000n - millionths(discount_percent / 100);
  return {
    id,
    tenant: org,
    match: price_id,
    validFrom: Date.parse(valid_from),
    share: multiplier === undefined ? off : millionths(multiplier),
    tier: rates === undefined ? undefined : toTier(rates),
  };
}

function millionths(factor: number): bigint {
  return BigInt(Math.round(factor * 1_000_000));
}

/** Fees of calls and of the request itself do not depend on the prompt or the tier, unless a file says so. */
function toTier({ long_context, ...wire }: WireTier, standard?: Rates): Tier {
  const rates = withFees(toRates(wire), standard);
  const sorted = long_context?.map(
    ({ above_input_tokens, ...own }): LongContext => ({
      aboveInputTokens: above_input_tokens,
      rates: withFees(toRates(own), rates),
    }),
  );
  sorted?.sort((a, b) => (a.aboveInputTokens < b.aboveInputTokens ? -1 : 1));
  return { rates, longContext: sorted };
}

function withFees(rates: Rates, other: Rates | undefined): Rates {
  const { request = other?.request, serverTools = other?.serverTools } = rates;
  return { ...rates, request, serverTools };
}

function toRates(wire: Omit<WireTier, "long_context">): Rates {
  return {
    input: wire.input,
    cachedInput: wire.cached_input,
    cacheWrite5m: wire.cache_write_5m,
    cacheWrite1h: wire.cache_write_1h,
    output: wire.output,
    reasoning: wire.reasoning,
    audioInput: wire.audio_input,
    audioOutput: wire.audio_output,
    imageInput: wire.image_input,
    imageOutput: wire.image_output,
    image: wire.image,
    request: wire.request,
    serverTools: wire.server_tools,
    search: wire.search,
    audioSecond: wire.audio_second,
    character: wire.character,
  };
}
