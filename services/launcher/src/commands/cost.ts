import type { Command } from "commander";
import type { CommandEnvironment } from "./environment.ts";
import { transformLines } from "./json-lines.ts";
import { priceDirectories, withPriceOptions } from "./prices/directories.ts";

/** A line is one request's usage: far below this. */
const LINE_BYTES_MAX = 1_048_576;

interface CostFlags {
  readonly prices: readonly string[];
  readonly org?: string;
  readonly summary?: boolean;
}

/** Adds `cost`: what usage costs, exactly. */
export function registerCost(program: Command, environment: CommandEnvironment): void {
  withPriceOptions(program.command("cost"))
    .description(
      "price usage: JSON lines {id, model, usage, at} in, {id, cost_nanousd, price_version} or {id, error} out",
    )
    .option("--org <id>", "by the prices of this organisation, where it has its own")
    .option("--summary", "count the lines on standard error at the end")
    .action(async (flags: CostFlags) => await cost(environment, flags));
}

/** The readers of every provider are loaded only now. */
async function cost(environment: CommandEnvironment, flags: CostFlags): Promise<void> {
  const [{ costLine }, { loadCatalogue }] = await Promise.all([
    import("./cost/cost-line.ts"),
    import("@sluice/ledger/prices"),
  ]);
  const pricing = { catalogue: await loadCatalogue(await priceDirectories(environment, flags.prices)), org: flags.org };
  let [pricedLines, refusedLines] = [0, 0];
  await transformLines(environment, LINE_BYTES_MAX, (line) => {
    const { priced, text } = costLine(line, pricing);
    if (priced) pricedLines += 1;
    else refusedLines += 1;
    return text;
  });
  if (flags.summary !== true) return;
  environment.stderr.write(`sluice: ${pricedLines} lines priced, ${refusedLines} refused\n`);
}
