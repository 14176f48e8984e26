import { Catalogue, tryContent } from "@sluice/ledger/prices";
import { builtInModels } from "@sluice/provider-adapter/recordings";
import { modelsAnswer } from "../../admin/answers.ts";
import { AdminDoor } from "../../admin/door.ts";
import type { CommandEnvironment } from "../environment.ts";
import { CommandFailed } from "../failure.ts";
import { print, printable, printJson } from "../output.ts";
import { compareCatalogues } from "./difference.ts";
import { priceDirectories } from "./directories.ts";
import { readForeign } from "./import.ts";

export interface CheckFlags {
  readonly prices: readonly string[];
  readonly format: string;
  readonly staleDays: number;
  readonly running?: boolean;
  readonly strict?: boolean;
}

/** One thing to look at. Only an unreadable file is wrong in any case; the others may be as they should be. */
interface Finding {
  readonly check: "unreadable" | "unpriced" | "disagrees" | "stale";
  readonly name: string;
  readonly detail: string;
}

const DAY_MS = 86_400_000;

/** Looks for what is wrong with the prices: files, models without a price, other catalogues that disagree, old entries. */
export async function checkPrices(
  environment: CommandEnvironment,
  file: string | undefined,
  flags: CheckFlags,
): Promise<void> {
  const { content, problems } = await tryContent(await priceDirectories(environment, flags.prices));
  const { prices, ...more } = content;
  const catalogue = new Catalogue(prices, more);
  const names =
    flags.running === true ? await runningModels(environment) : builtInModels().map(({ priceId }) => priceId);
  const findings = [
    ...problems.map((problem): Finding => ({ check: "unreadable", name: "prices", detail: problem })),
    ...unpriced(catalogue, names),
    ...(file === undefined ? [] : await disagreements(catalogue, file, flags.format)),
    ...stale(catalogue, flags.staleDays),
  ];
  const wrong = findings.some(({ check }) => flags.strict === true || check === "unreadable");
  if (environment.json()) printJson(environment, { priced_models: catalogue.modelCount, findings });
  else report(environment, catalogue, findings);
  if (wrong) throw new CommandFailed();
}

/** The models a running gateway offers by what the catalogue calls them, without names that stand for others. */
async function runningModels(environment: CommandEnvironment): Promise<readonly string[]> {
  const { models } = await AdminDoor.find(environment.dataDirectory()).get("/models", modelsAnswer);
  const builtIn = new Map(builtInModels().map(({ provider, model, priceId }) => [`${provider}/${model}`, priceId]));
  const offered = models.filter(({ provider }) => provider !== "");
  const names = offered.map(({ provider, name }) => (name.startsWith(`${provider}/`) ? name : `${provider}/${name}`));
  return names.map((name) => builtIn.get(name) ?? name);
}

function unpriced(catalogue: Catalogue, names: readonly string[]): readonly Finding[] {
  return [...new Set(names)]
    .filter((name) => catalogue.find(name, Date.now()) === undefined)
    .map((name) => ({
      check: "unpriced",
      name,
      detail: "has no price: its requests are handled as ledger.unpriced says",
    }));
}

async function disagreements(catalogue: Catalogue, file: string, format: string): Promise<readonly Finding[]> {
  const foreign = await readForeign(file, format);
  return compareCatalogues(foreign, { catalogue, at: Date.now(), provider: undefined })
    .filter(({ kind }) => kind === "changed")
    .map(({ name, details }) => ({ check: "disagrees", name, detail: details.join("; ") }));
}

/** Entries that nobody has compared with their source for long. One finding for each source. */
function stale({ content }: Catalogue, days: number): readonly Finding[] {
  const old = (content.models ?? []).filter(({ retrieved }) => Date.now() - Date.parse(retrieved) > days * DAY_MS);
  const files = Map.groupBy(old, ({ file }) => file);
  return [...files].map(([file, models]) => ({
    check: "stale",
    name: file,
    detail: `${models.length} prices were read on ${models[0]?.retrieved}, more than ${days} days ago`,
  }));
}

function report(environment: CommandEnvironment, catalogue: Catalogue, findings: readonly Finding[]): void {
  for (const { check, name, detail } of findings) {
    print(environment, `${check.padEnd(10)} ${printable(name)}: ${printable(detail)}`);
  }
  const count = findings.length === 0 ? "Nothing to look at" : `${findings.length} to look at`;
  print(environment, `${count}; ${catalogue.modelCount} models have a price.`);
}
