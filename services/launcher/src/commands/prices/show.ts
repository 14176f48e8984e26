import type { Catalogue, Price, Rates, Tier } from "@sluice/ledger/prices";
import { SluiceError } from "@sluice/platform/errors";
import type { CommandEnvironment } from "../environment.ts";
import { print, printJson, printTable } from "../output.ts";
import { snakeCase, usdPerMillion } from "./difference.ts";

export interface ListFlags {
  readonly provider?: string;
  readonly kind?: string;
  readonly org?: string;
}

const usd = (rate: bigint | undefined): string => (rate === undefined ? "-" : usdPerMillion(rate));

/** Prints the prices in force, one line per model, in US dollars per million. */
export function listPrices(environment: CommandEnvironment, catalogue: Catalogue, flags: ListFlags): void {
  const rows = (catalogue.content.models ?? [])
    .map(({ priceId }) => priceId)
    .filter((id, index, ids) => ids.indexOf(id) === index)
    .map((id) => ({ id, kind: catalogue.model(id)?.kind ?? "chat", price: catalogue.at(id, Date.now(), flags.org) }))
    .filter(({ id, kind }) => wanted(id, kind, flags))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  if (environment.json()) {
    const models = rows.map(({ id, kind, price }) => ({ price_id: id, kind, ...(price && priceJson(price)) }));
    printJson(environment, { models });
    return;
  }
  printTable(environment, {
    columns: [
      { title: "MODEL" },
      { title: "KIND" },
      { title: "INPUT", numbers: true },
      { title: "CACHED", numbers: true },
      { title: "OUTPUT", numbers: true },
      { title: "VERSION" },
    ],
    rows: rows.map(({ id, kind, price }) => [
      id,
      kind,
      usd(price?.rates.input),
      usd(price?.rates.cachedInput),
      usd(price?.rates.output),
      price === undefined ? "not valid yet" : price.id.slice(price.id.lastIndexOf("@") + 1),
    ]),
    none: "No model has a price.",
  });
}

function wanted(id: string, kind: string, flags: ListFlags): boolean {
  return (flags.provider === undefined || id.startsWith(`${flags.provider}/`)) && (flags.kind ?? kind) === kind;
}

/** Prints everything that is known about the price of one model. @throws not_found if it has none */
export function showPrice(environment: CommandEnvironment, catalogue: Catalogue, name: string, org?: string): void {
  const found = catalogue.find(name, Number.MAX_SAFE_INTEGER, org);
  if (found === undefined) throw new SluiceError("not_found", `${name} has no price in the catalogue.`);
  const now = catalogue.find(name, Date.now(), org);
  const list = catalogue.prices
    .filter(({ priceId }) => priceId === found.priceId)
    .sort((a, b) => a.validFrom - b.validFrom);
  const versions = list.some(({ id }) => id === now?.id) || now === undefined ? list : [...list, now];
  const model = catalogue.model(found.priceId);
  if (environment.json()) {
    const facts = { price_id: found.priceId, kind: model?.kind, aliases: model?.aliases, source: model?.source };
    printJson(environment, { ...facts, in_force: now?.id, versions: versions.map(priceJson) });
    return;
  }
  print(environment, `${found.priceId} (${model?.kind ?? "chat"}), US dollars per million`);
  if (model !== undefined && model.aliases.length > 0) print(environment, `Also: ${model.aliases.join(", ")}`);
  if (model !== undefined) print(environment, `Source: ${model.source}, read ${model.retrieved}`);
  for (const price of versions) {
    const mark = price.id === now?.id ? ", in force" : "";
    print(environment, "", `${price.id}, valid from ${new Date(price.validFrom).toISOString().slice(0, 10)}${mark}`);
    print(environment, ...tierLines(price, "  "));
    for (const [tier, rates] of Object.entries(price.tiers ?? {}))
      print(environment, `  tier ${tier}:`, ...tierLines(rates, "    "));
  }
}

function tierLines({ rates, longContext }: Tier, indent: string): string[] {
  const long = (longContext ?? []).flatMap(({ aboveInputTokens, rates: above }) => [
    `${indent}above ${aboveInputTokens} input tokens:`,
    ...rateLines(above, `${indent}  `),
  ]);
  return [...rateLines(rates, indent), ...long];
}

function rateLines({ serverTools = {}, ...rates }: Rates, indent: string): string[] {
  const plain = Object.entries(rates).flatMap(([name, rate]) =>
    rate === undefined ? [] : [[snakeCase(name), rate] as const],
  );
  const tools = Object.entries(serverTools).map(([tool, rate]) => [`server tool ${tool}`, rate] as const);
  return [...plain, ...tools].map(([name, rate]) => `${indent}${name.padEnd(16)} ${usdPerMillion(rate)}`);
}

function priceJson(price: Price): object {
  const { id, validFrom, rates, longContext, tiers } = price;
  return { price_version: id, valid_from: new Date(validFrom).toISOString(), rates, long_context: longContext, tiers };
}
