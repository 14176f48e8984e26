import { type Command, InvalidArgumentError } from "commander";
import type { CommandEnvironment } from "./environment.ts";
import type { CheckFlags } from "./prices/check.ts";
import { priceDirectories, withPriceOptions } from "./prices/directories.ts";
import type { ImportFlags } from "./prices/import.ts";
import type { ListFlags } from "./prices/show.ts";

const STALE_DAYS = 120;

/** Adds `prices`: what models cost, and how that is kept up to date. It reads files, so no gateway has to run. */
export function registerPrices(program: Command, environment: CommandEnvironment): void {
  const prices = program.command("prices").description("show, compare, import and check the prices of models");
  withPriceOptions(prices.command("list", { isDefault: true }))
    .description("list the prices in force, in US dollars per million tokens")
    .option("--provider <name>", "only models of this provider")
    .option("--kind <kind>", "only models of this kind: chat, embedding, image, audio, rerank, moderation")
    .option("--org <id>", "as this organisation pays them")
    .action(async (flags: ListFlags & { prices: string[] }) => await list(environment, flags));
  withPriceOptions(prices.command("show"))
    .description("show every version of one model's price")
    .argument("<model>", "as provider/model")
    .option("--org <id>", "as this organisation pays it")
    .action(async (model: string, flags: ListFlags & { prices: string[] }) => await show(environment, model, flags));
  withPriceOptions(prices.command("import"))
    .description("compare with another catalogue, and take its prices over as new versions")
    .argument("<file>", "the other catalogue, as JSON")
    .requiredOption("--format <format>", "litellm, models-dev or genai-prices")
    .option("--provider <name>", "only models of this provider")
    .option("--apply", "write the new and changed prices; without it they are only shown")
    .option("--into <folder>", "folder to write to (default: ledger.prices_directory)")
    .option("--valid-from <moment>", "moment from which the new prices are valid (default: now)")
    .action(async (file: string, flags: ImportFlags) => await importFrom(environment, file, flags));
  withPriceOptions(prices.command("check"))
    .description("look for unreadable files, models without a price, disagreement and old entries")
    .argument("[file]", "another catalogue to compare with, as JSON")
    .option("--format <format>", "format of that catalogue: litellm, models-dev or genai-prices", "litellm")
    .option("--stale-days <n>", "age of an entry that is told, in days", parseDays, STALE_DAYS)
    .option("--strict", "exit 1 for whatever is found, not only for files that cannot be read")
    .option("--running", "check the models a running gateway offers, instead of the built-in ones")
    .action(async (file: string | undefined, flags: CheckFlags) => await check(environment, file, flags));
}

// The catalogue and the readers are loaded by the commands that need them: all others start faster.

async function list(environment: CommandEnvironment, flags: ListFlags & { prices: string[] }): Promise<void> {
  const [{ listPrices }, { loadCatalogue }] = await Promise.all([
    import("./prices/show.ts"),
    import("@sluice/ledger/prices"),
  ]);
  listPrices(environment, await loadCatalogue(await priceDirectories(environment, flags.prices)), flags);
}

async function show(
  environment: CommandEnvironment,
  model: string,
  flags: ListFlags & { prices: string[] },
): Promise<void> {
  const [{ showPrice }, { loadCatalogue }] = await Promise.all([
    import("./prices/show.ts"),
    import("@sluice/ledger/prices"),
  ]);
  showPrice(environment, await loadCatalogue(await priceDirectories(environment, flags.prices)), model, flags.org);
}

async function importFrom(environment: CommandEnvironment, file: string, flags: ImportFlags): Promise<void> {
  const { importPrices } = await import("./prices/import.ts");
  await importPrices(environment, file, flags);
}

async function check(environment: CommandEnvironment, file: string | undefined, flags: CheckFlags): Promise<void> {
  const { checkPrices } = await import("./prices/check.ts");
  await checkPrices(environment, file, flags);
}

function parseDays(text: string): number {
  const days = Number(text);
  if (!Number.isInteger(days) || days < 1) throw new InvalidArgumentError("a whole number of days is needed");
  return days;
}
