import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { type Catalogue, loadCatalogue } from "@sluice/ledger/prices";
import { SluiceError } from "@sluice/platform/errors";
import type { CommandEnvironment } from "../environment.ts";
import { UsageError } from "../failure.ts";
import { print, printable, printJson } from "../output.ts";
import { compareCatalogues, type Difference } from "./difference.ts";
import { configuredDirectory, priceDirectories } from "./directories.ts";
import type { ForeignCatalogue } from "./importers/foreign.ts";
import { FORMATS } from "./importers/registry.ts";
import { writeCatalogue } from "./write-catalogue.ts";

export interface ImportFlags {
  readonly format: string;
  readonly prices: readonly string[];
  readonly provider?: string;
  readonly apply?: boolean;
  readonly into?: string;
  readonly validFrom?: string;
}

const FILE_BYTES_MAX = 64 * 1024 * 1024;
const LINES_MAX = 2_000;

/** Shows how another catalogue differs from this one, and writes the difference as new versions if asked to. */
export async function importPrices(environment: CommandEnvironment, file: string, flags: ImportFlags): Promise<void> {
  const at = flags.validFrom === undefined ? Date.now() : Date.parse(flags.validFrom);
  if (Number.isNaN(at))
    throw new UsageError(`--valid-from ${flags.validFrom} is no moment; write it as 2026-08-01T00:00:00Z`);
  const directory = flags.into ?? flags.prices.at(-1) ?? configuredDirectory(environment.configFile());
  if (flags.apply === true && directory === undefined) {
    throw new UsageError("there is no folder to write to: set ledger.prices_directory, or name one with --into");
  }
  const catalogue = await loadCatalogue(await priceDirectories(environment, flags.prices));
  const foreign = await readForeign(file, flags.format);
  const differences = compareCatalogues(foreign, { catalogue, at, provider: flags.provider });
  const written =
    flags.apply === true && directory !== undefined
      ? await apply(differences, { file, flags, directory, at, catalogue })
      : undefined;
  report(environment, differences, written, flags.apply === true);
}

/** @throws invalid_request if it cannot be read or is not of that format */
export async function readForeign(file: string, format: string): Promise<ForeignCatalogue> {
  const read = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  if (read === undefined)
    throw new UsageError(`--format ${format} is not known; these are: ${Object.keys(FORMATS).join(", ")}`);
  try {
    const { size } = await stat(file);
    if (size > FILE_BYTES_MAX) throw new Error(`it has ${size} bytes; at most ${FILE_BYTES_MAX} are read`);
    const foreign = read(JSON.parse(await readFile(file, "utf8")));
    if (foreign.prices.length > 0) return foreign;
  } catch (cause) {
    throw new SluiceError("invalid_request", `${file} cannot be read: ${SluiceError.from(cause).message}`, { cause });
  }
  throw new SluiceError("invalid_request", `${file} has no price in the format ${format}: is it another one?`);
}

interface Application {
  readonly file: string;
  readonly flags: ImportFlags;
  readonly directory: string;
  readonly at: number;
  readonly catalogue: Catalogue;
}

async function apply(differences: readonly Difference[], { file, flags, directory, at, catalogue }: Application) {
  const source = `${flags.format}: ${basename(file)}`;
  return await writeCatalogue(differences, { directory, format: flags.format, source, catalogue, validFrom: at });
}

function report(
  environment: CommandEnvironment,
  differences: readonly Difference[],
  written: string | undefined,
  applied: boolean,
): void {
  const counts = { new: 0, changed: 0, unchanged: 0, skipped: 0 };
  for (const { kind } of differences) counts[kind] += 1;
  if (environment.json()) {
    const models = differences.map(({ kind, name, details }) => ({ kind, name, details }));
    printJson(environment, { counts, written: written ?? null, models });
    return;
  }
  const told = differences.filter(({ kind }) => kind !== "unchanged");
  for (const { kind, name, details } of told.slice(0, LINES_MAX)) {
    print(environment, `${kind.padEnd(8)} ${printable(name)}: ${printable(details.join("; "))}`);
  }
  if (told.length > LINES_MAX) print(environment, `... and ${told.length - LINES_MAX} more (--json tells all)`);
  const { changed, unchanged, skipped } = counts;
  print(environment, `${counts.new} new, ${changed} changed, ${unchanged} unchanged, ${skipped} skipped.`);
  if (written !== undefined)
    print(environment, `Written to ${written}; a running gateway takes it into use by itself.`);
  else if (applied) print(environment, "Nothing to write.");
  else if (counts.new + changed > 0) print(environment, "Nothing is written without --apply.");
}
