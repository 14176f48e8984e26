import type { Command } from "commander";
import type { z } from "zod";
import { type model, modelsAnswer } from "../admin/answers.ts";
import { AdminDoor } from "../admin/door.ts";
import type { CommandEnvironment } from "./environment.ts";
import { CommandFailed, UsageError } from "./failure.ts";
import { print, printable, printJson, printTable } from "./output.ts";

type Model = z.output<typeof model>;

interface ModelFilter {
  readonly provider?: string;
  readonly can: readonly string[];
  readonly available?: boolean;
  readonly ending?: boolean;
}

/** Adds `models`: the names a caller can use, filtered, or one of them explained. */
export function register(program: Command, environment: CommandEnvironment): void {
  program
    .command("models")
    .description("list the model names callers can use, or tell what is known of one")
    .argument("[name]", "a name as callers write it; without it all are listed")
    .option("--provider <name>", "only models of this provider")
    .option(
      "--can <capability>",
      "only models that know this, such as tools, vision or reasoning; may be repeated",
      collect,
      [],
    )
    .option("--available", "only models that can be called now")
    .option("--ending", "only models whose end is announced, or that have ended")
    .action(async (name: string | undefined, filter: ModelFilter) => {
      const { models } = await AdminDoor.find(environment.dataDirectory()).get("/models", modelsAnswer);
      if (name !== undefined) explain(environment, models, name);
      else list(environment, filtered(models, filter));
    });
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** @throws UsageError for a provider or capability that no model has */
function filtered(models: readonly Model[], filter: ModelFilter): readonly Model[] {
  const { provider, can, available, ending } = filter;
  requireKnown(
    "--provider",
    provider === undefined ? [] : [provider],
    models.map((each) => each.provider),
  );
  requireKnown(
    "--can",
    can,
    models.flatMap((each) => each.capabilities),
  );
  return models.filter(
    (each) =>
      (provider === undefined || each.provider === provider) &&
      can.every((capability) => each.capabilities.includes(capability)) &&
      (available !== true || each.available) &&
      (ending !== true || each.lifecycle !== undefined),
  );
}

function requireKnown(option: string, wanted: readonly string[], known: readonly string[]): void {
  const all = new Set(known.filter((name) => name !== ""));
  const unknown = wanted.find((name) => !all.has(name));
  if (unknown === undefined) return;
  throw new UsageError(`${option} ${unknown}: no model has it; there are ${[...all].sort().join(", ")}`);
}

function list(environment: CommandEnvironment, models: readonly Model[]): void {
  if (environment.json()) {
    printJson(environment, { models });
    return;
  }
  printTable(environment, {
    columns: [
      { title: "NAME" },
      { title: "PROVIDER" },
      { title: "SERVED BY" },
      { title: "CONTEXT", numbers: true },
      { title: "ANSWER", numbers: true },
      { title: "ENDS" },
      { title: "STANDS FOR" },
    ],
    rows: models.map((each) => [
      each.name,
      each.provider === "" ? "-" : each.provider,
      servedBy(each),
      each.context_tokens === 0 ? "-" : String(each.context_tokens),
      each.max_output_tokens === 0 ? "-" : String(each.max_output_tokens),
      each.lifecycle?.shutdown_on || "-",
      each.targets.join(", "),
    ]),
    none: "No model is known.",
  });
}

function explain(environment: CommandEnvironment, models: readonly Model[], name: string): void {
  const found = models.filter((each) => each.name === name || each.name.endsWith(`/${name}`));
  if (found.length === 0) {
    environment.stderr.write(`sluice: no model is called ${printable(name)}; \`sluice models\` lists the names\n`);
    throw new CommandFailed();
  }
  if (environment.json()) {
    printJson(environment, { models: found });
    return;
  }
  print(environment, ...found.flatMap((each, index) => (index === 0 ? linesOf(each) : ["", ...linesOf(each)])));
}

function linesOf(each: Model): readonly string[] {
  const { lifecycle } = each;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["stands for", each.targets.join(", ")],
    ["provider", each.provider],
    ["served by", servedBy(each)],
    ["knows", each.capabilities.join(", ")],
    ["longest prompt", tokens(each.context_tokens)],
    ["longest answer", tokens(each.max_output_tokens)],
    ["deprecated", lifecycle?.deprecated_on],
    ["shut down", lifecycle?.shutdown_on],
    ["instead", lifecycle && lifecycle.replacement !== "" ? `${each.provider}/${lifecycle.replacement}` : undefined],
  ];
  const known = facts.filter(([, value]) => value !== undefined && value !== "");
  return [printable(each.name), ...known.map(([title, value]) => `  ${title.padEnd(15)} ${printable(value ?? "")}`)];
}

const tokens = (count: number): string => (count === 0 ? "not known" : `${count} tokens`);

function servedBy(each: Model): string {
  if (each.simulated) return "simulator";
  return each.available ? "provider" : "nobody: credential missing";
}
