import { randomUUID } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Catalogue, Price, Rates, Tier } from "@sluice/ledger/prices";
import { type Difference, snakeCase } from "./difference.ts";

export interface WriteOptions {
  readonly directory: string;
  readonly format: string;
  readonly source: string;
  readonly catalogue: Catalogue;
  /** Moment from which the new versions are valid, epoch milliseconds. */
  readonly validFrom: number;
}

/**
 * Writes the new and changed prices as one more catalogue file; versions that exist are never touched. The file appears whole, so that a
 * running gateway takes it into use at once. Returns its path; undefined if there is nothing to write.
 */
export async function writeCatalogue(
  differences: readonly Difference[],
  options: WriteOptions,
): Promise<string | undefined> {
  const prices = differences.flatMap(({ name, price }) => (price === undefined ? [] : [entryOf(name, price, options)]));
  if (prices.length === 0) return undefined;
  const day = new Date(options.validFrom).toISOString();
  const head = { provider: "imported", source: options.source, retrieved: new Date().toISOString().slice(0, 10) };
  const lines = prices.map((price) => `    ${JSON.stringify(price)}`).join(",\n");
  const text = `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "prices": [\n${lines}\n  ]\n}\n`;
  await mkdir(options.directory, { recursive: true });
  const file = join(options.directory, `imported-${options.format}-${day.replace(/[:.]/g, "")}.json`);
  const unfinished = join(options.directory, `.${randomUUID()}.unfinished`);
  await writeFile(unfinished, text, { flag: "wx" });
  await rename(unfinished, file);
  return file;
}

function entryOf(name: string, price: NonNullable<Difference["price"]>, options: WriteOptions): object {
  const from = new Date(options.validFrom).toISOString();
  const kind = options.catalogue.model(name)?.kind ?? kindOf(price.rates);
  const tiers = Object.entries(price.tiers ?? {}).map(([tier, rates]) => [tier, tierFields(rates)]);
  return {
    price_id: name,
    ...(kind !== "chat" && { kind }),
    versions: [
      {
        version: versionName(name, from, options),
        valid_from: from,
        ...tierFields(price),
        ...(price.tiers !== undefined && { tiers: Object.fromEntries(tiers) }),
        ...(price.requestFeesMost !== undefined && { request_fees_most: Number(price.requestFeesMost) }),
      },
    ],
  };
}

function kindOf(rates: Rates): string {
  if (rates.output !== undefined) return "chat";
  if (rates.image !== undefined || rates.imageOutput !== undefined) return "image";
  if (rates.audioSecond !== undefined || rates.character !== undefined || rates.audioOutput !== undefined)
    return "audio";
  return rates.search === undefined ? "embedding" : "rerank";
}

/** A name no version of the model has: the day, and the time of day if the day was used. */
function versionName(name: string, from: string, { format, catalogue }: WriteOptions): string {
  const names = [
    from.slice(0, 10),
    `${from.slice(0, 10)}-${format}`,
    `${from.slice(0, 19).replace(/:/g, "")}-${format}`,
  ];
  return (
    names.find((each) => catalogue.version(`${name}@${each}`) === undefined) ??
    `${from.slice(0, 10)}-${randomUUID().slice(0, 8)}`
  );
}

function tierFields({ rates, longContext }: Tier | Price): object {
  const long = longContext?.map((each) => ({
    above_input_tokens: Number(each.aboveInputTokens),
    ...rateFields(each.rates),
  }));
  return { ...rateFields(rates), ...(long !== undefined && { long_context: long }) };
}

function rateFields({ serverTools, ...rates }: Rates): object {
  const fields: Record<string, unknown> = {};
  for (const [name, rate] of Object.entries(rates)) if (rate !== undefined) fields[snakeCase(name)] = Number(rate);
  if (serverTools !== undefined) {
    fields["server_tools"] = Object.fromEntries(
      Object.entries(serverTools).map(([tool, rate]) => [tool, Number(rate)]),
    );
  }
  return fields;
}
