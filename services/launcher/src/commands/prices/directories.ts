import { existsSync, readFileSync } from "node:fs";
import type { Command } from "commander";
import { parse } from "yaml";
import type { CommandEnvironment } from "../environment.ts";

const DEFAULT_CONFIG = "sluice.yaml";

/** Gives a command the option that names further folders of price files. */
export function withPriceOptions(command: Command): Command {
  const collect = (folder: string, before: readonly string[]): string[] => [...before, folder];
  return command.option(
    "--prices <folder>",
    "further price files (default: ledger.prices_directory of the configuration); may be repeated",
    collect,
    [],
  );
}

/** The folders of price files: those of the program, then those that were named or that the configuration names. */
export async function priceDirectories(
  environment: CommandEnvironment,
  named: readonly string[],
): Promise<readonly string[]> {
  const { SHIPPED_PRICES } = await import("@sluice/ledger/prices");
  const configured = named.length > 0 ? named : [configuredDirectory(environment.configFile())];
  return [SHIPPED_PRICES, ...configured.filter((folder) => folder !== undefined)];
}

/** `ledger.prices_directory` of the file alone: pricing does not judge the rest of a configuration. */
export function configuredDirectory(named: string | undefined): string | undefined {
  const file = named ?? DEFAULT_CONFIG;
  if (named === undefined && !existsSync(file)) return undefined;
  const document: unknown = parse(readFileSync(file, "utf8"));
  const ledger = Object(Object(document)["ledger"]) as Readonly<Record<string, unknown>>;
  const { prices_directory: directory } = ledger;
  return typeof directory === "string" && directory !== "" ? directory : undefined;
}
