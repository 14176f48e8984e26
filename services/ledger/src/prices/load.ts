import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "@sluice/platform/errors";
import { parse } from "yaml";
import { z } from "zod";
import { Catalogue } from "./catalogue.ts";
import type { Price, Rates } from "./price.ts";

/** The catalogue that comes with the program. */
export const SHIPPED_PRICES = join(import.meta.dirname, "..", "..", "prices");

const rate = z
  .union([z.bigint(), z.int()])
  .transform(BigInt)
  .pipe(
    z
      .bigint()
      .nonnegative()
      .max(10n ** 18n),
  );
const rateFields = {
  input: rate,
  cached_input: rate.optional(),
  cache_write_5m: rate.optional(),
  cache_write_1h: rate.optional(),
  output: rate,
  audio_input: rate.optional(),
  audio_output: rate.optional(),
  image: rate.optional(),
  server_tools: z.record(z.string(), rate).optional(),
};
const ratesSchema = z.strictObject(rateFields);
const versionSchema = z.strictObject({
  version: z.string().regex(/^[A-Za-z0-9._-]{1,40}$/),
  valid_from: z.iso.datetime(),
  ...rateFields,
  long_context: z
    .strictObject({
      above_input_tokens: z.union([z.bigint(), z.int()]).transform(BigInt).pipe(z.bigint().positive()),
      ...rateFields,
    })
    .optional(),
});
const fileSchema = z.strictObject({
  provider: z.string().min(1),
  source: z.string().min(1),
  retrieved: z.string().min(1),
  prices: z.array(
    z.strictObject({
      price_id: z.string().regex(/^[^\s@]+\/[^\s@]+$/),
      source: z.string().optional(),
      versions: z.array(versionSchema).min(1),
    }),
  ),
});

/**
 * Reads every `*.yaml` of the directories.
 * @throws invalid_request with all problems of all files at once
 */
export async function loadCatalogue(directories: readonly string[]): Promise<Catalogue> {
  const problems: string[] = [];
  const prices: Price[] = [];
  for (const directory of directories) {
    for (const name of (await readdir(directory)).filter((entry) => entry.endsWith(".yaml")).sort()) {
      const file = join(directory, name);
      prices.push(...parsePrices(file, await readFile(file, "utf8"), problems));
    }
  }
  problems.push(...repeated(prices));
  if (problems.length > 0) {
    throw new SluiceError("invalid_request", `The price catalogue cannot be used:\n${problems.join("\n")}`);
  }
  return new Catalogue(prices);
}

/** Prices of one catalogue file; what is wrong with it is added to `problems`. */
export function parsePrices(file: string, text: string, problems: string[]): readonly Price[] {
  let raw: unknown;
  try {
    raw = parse(text, { intAsBigInt: true });
  } catch (error) {
    problems.push(`${file}: ${SluiceError.from(error).message}`);
    return [];
  }
  const parsed = fileSchema.safeParse(raw);
  if (parsed.success) {
    return parsed.data.prices.flatMap(({ price_id, versions }) =>
      versions.map((version): Price => toPrice(price_id, version)),
    );
  }
  problems.push(...parsed.error.issues.map((issue) => `${file}: ${issue.path.join(".")}: ${issue.message}`));
  return [];
}

function toPrice(priceId: string, version: z.output<typeof versionSchema>): Price {
  const long = version.long_context;
  return {
    priceId,
    id: `${priceId}@${version.version}`,
    validFrom: Date.parse(version.valid_from),
    rates: toRates(version),
    longContext: long && { aboveInputTokens: long.above_input_tokens, rates: toRates(long) },
  };
}

function toRates(rates: z.output<typeof ratesSchema>): Rates {
  return {
    input: rates.input,
    cachedInput: rates.cached_input,
    cacheWrite5m: rates.cache_write_5m,
    cacheWrite1h: rates.cache_write_1h,
    output: rates.output,
    audioInput: rates.audio_input,
    audioOutput: rates.audio_output,
    image: rates.image,
    serverTools: rates.server_tools,
  };
}

function repeated(prices: readonly Price[]): string[] {
  const seen = new Set<string>();
  const problems: string[] = [];
  for (const price of prices) {
    const moment = `${price.priceId} from ${new Date(price.validFrom).toISOString()}`;
    for (const name of [price.id, moment]) {
      if (seen.has(name)) problems.push(`${name} is in the catalogue twice.`);
      seen.add(name);
    }
  }
  return problems;
}
