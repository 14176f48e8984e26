import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "@sluice/platform/errors";
import { Catalogue, type CatalogueContent } from "./catalogue.ts";
import { type CatalogueFile, parseCatalogueFile } from "./catalogue-file.ts";

/** The catalogue that comes with the program. */
export const SHIPPED_PRICES = join(import.meta.dirname, "..", "..", "prices");

/** Whether a file of this name is read as a catalogue. */
export function isCatalogueFile(name: string): boolean {
  return name.endsWith(".yaml") || name.endsWith(".json");
}

/** Largest catalogue file, in characters. */
const FILE_MAX = 32 * 1024 * 1024;

/**
 * Reads every `*.yaml` and `*.json` of the directories.
 * @throws invalid_request with all problems of all files at once
 */
export async function loadCatalogue(directories: readonly string[]): Promise<Catalogue> {
  const { prices, ...more } = await readContent(directories);
  return new Catalogue(prices, more);
}

/**
 * What every `*.yaml` and `*.json` of the directories says.
 * @throws invalid_request with all problems of all files at once
 */
export async function readContent(directories: readonly string[]): Promise<CatalogueContent> {
  const { content, problems } = await tryContent(directories);
  if (problems.length === 0) return content;
  throw new SluiceError("invalid_request", `The price catalogue cannot be used:\n${problems.join("\n")}`);
}

/** As `readContent`, with what is wrong, as sentences, beside what can be read. */
export async function tryContent(
  directories: readonly string[],
): Promise<{ readonly content: CatalogueContent; readonly problems: readonly string[] }> {
  const problems: string[] = [];
  const files: CatalogueFile[] = [];
  for (const file of await filesOf(directories, problems)) {
    const text = await readFile(file, "utf8").catch((error: unknown) => {
      problems.push(`${file}: ${SluiceError.from(error).message}`);
      return undefined;
    });
    if (text !== undefined && text.length > FILE_MAX) problems.push(`${file}: has more than ${FILE_MAX} characters`);
    else if (text !== undefined) files.push(...parsed(file, text, problems));
  }
  const content = {
    prices: files.flatMap(({ prices }) => prices),
    models: files.flatMap(({ models }) => models),
    overrides: files.flatMap(({ overrides }) => overrides),
    providerAliases: aliasesOf(files),
  };
  problems.push(...repeated(content));
  return { content, problems };
}

function aliasesOf(files: readonly CatalogueFile[]): ReadonlyMap<string, readonly string[]> {
  const aliases = new Map<string, string[]>();
  for (const { provider, providerAliases } of files) {
    for (const alias of providerAliases) aliases.set(alias, [...(aliases.get(alias) ?? []), provider]);
  }
  return aliases;
}

function parsed(file: string, text: string, problems: string[]): readonly CatalogueFile[] {
  const read = parseCatalogueFile(file, text, problems);
  return read === undefined ? [] : [read];
}

async function filesOf(directories: readonly string[], problems: string[]): Promise<readonly string[]> {
  const files: string[] = [];
  for (const directory of directories) {
    try {
      const names = (await readdir(directory)).filter(isCatalogueFile).sort();
      files.push(...names.map((name) => join(directory, name)));
    } catch (error) {
      problems.push(`${directory}: ${SluiceError.from(error).message}`);
    }
  }
  return files;
}

/** Ids that stand for two things; a model may be in several files, with other versions in each. */
function repeated({ prices, models = [], overrides = [] }: CatalogueContent): string[] {
  const seen = new Set<string>();
  const problems: string[] = [];
  const note = (name: string): void => {
    if (seen.has(name)) problems.push(`${name} is in the catalogue twice.`);
    seen.add(name);
  };
  for (const price of prices) {
    note(price.id);
    note(`${price.priceId} from ${new Date(price.validFrom).toISOString()}`);
  }
  for (const { id } of overrides) note(`override ${id}`);
  const owners = new Map(models.map(({ priceId }) => [priceId, priceId]));
  for (const { priceId, aliases } of models) {
    for (const alias of aliases) {
      const owner = owners.get(alias) ?? priceId;
      if (owner !== priceId) problems.push(`${alias} stands for ${owner} and for ${priceId}.`);
      owners.set(alias, owner);
    }
  }
  return problems;
}
