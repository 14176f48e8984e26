import { existsSync } from "node:fs";
import { z } from "zod";
import { SluiceError } from "../errors/index.ts";
import { containsSecret, REDACTED } from "../log/index.ts";
import type { Environment } from "./environment.ts";
import { type Override, readOverlay } from "./environment-overlay.ts";
import { readFlags } from "./flags.ts";
import { findLiteralSecrets } from "./literal-secrets.ts";
import { shapeOf } from "./schema-shape.ts";
import { findUnknownKeys, normalise } from "./unknown-keys.ts";
import { NO_SOURCE, type Path, readYaml, type Source } from "./yaml-source.ts";

export type Sections = Readonly<Record<string, z.ZodType>>;
export type SectionValues<S extends Sections> = { readonly [K in keyof S]: z.output<S[K]> };

/** What a module's `inspect` looks at. */
export interface RawConfig {
  readonly file: unknown;
  readonly environment: Environment;
}

export interface LoadOptions<S extends Sections> {
  /** Undefined: defaults and overrides only. */
  readonly file?: string | undefined;
  readonly sections: S;
  readonly environment: Environment;
  /** Values from the command line by dotted path (`{"data_dir": "/x"}`); they win over everything. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** The modules' own inspections; their problems are reported with all others. */
  readonly inspections?: readonly ((raw: RawConfig) => readonly string[])[];
}

export interface LoadedConfig<S extends Sections> {
  readonly values: SectionValues<S>;
  readonly file: string | undefined;
  readonly raw: RawConfig;
}

/** The file to load: the one named, else `SLUICE_CONFIG`, else `sluice.yaml` here if it exists. */
export function findConfigFile(named: string | undefined, environment: Environment): string | undefined {
  return named ?? environment["SLUICE_CONFIG"] ?? (existsSync("sluice.yaml") ? "sluice.yaml" : undefined);
}

/**
 * Reads the file, lays variables and overrides over it and validates all sections.
 * @throws invalid_request with all problems at once, one sentence a line: `file:line: path: problem; remedy`
 */
export function loadConfig<S extends Sections>(options: LoadOptions<S>): LoadedConfig<S> {
  const { sections, environment, file } = options;
  const source = file === undefined ? NO_SOURCE : readYaml(file);
  const overlay = readOverlay(environment, sections);
  const raw = { file: source.value, environment };
  const whole = z.object({ ...sections });
  const merged = normalise(structuredClone(source.value), whole) as Record<string, unknown>;
  const given = readFlags(options.overrides ?? {}, whole);
  const overrides = [...overlay.overrides, ...given.overrides];
  for (const override of overrides) put(merged, override);

  const secrets = findLiteralSecrets(source.value);
  const problems = [
    ...source.problems,
    ...source.secretComments,
    ...secrets.map(({ path, problem }) => describe(source, [], path, problem)),
    ...unknownKeys(source, whole, secrets),
    ...overlay.problems,
    ...given.problems,
    ...(options.inspections ?? []).flatMap((inspect) => inspect(raw)),
  ];
  const values: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(sections)) {
    const section = merged[name] ?? (shapeOf(schema).kind === "object" ? {} : undefined);
    const result = schema.safeParse(section);
    if (result.success) values[name] = result.data;
    // A text that is no YAML says nothing about its sections.
    else if (source.problems.length === 0) problems.push(...judge(result.error, schema, name, source, overrides));
  }
  if (problems.length > 0) throw failure([...new Set(problems)]);
  return { values: values as SectionValues<S>, file, raw };
}

function put(target: Record<string, unknown>, { path, value }: Override): void {
  let at = target;
  for (const step of path.slice(0, -1)) {
    const inner = at[step];
    const next = typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>) : {};
    at[step] = next;
    at = next;
  }
  at[path.at(-1) ?? ""] = value;
}

function unknownKeys(source: Source, whole: z.ZodType, secrets: readonly { path: Path }[]): string[] {
  const known = new Set(secrets.map(({ path }) => path.join(".")));
  return findUnknownKeys(source.value, whole)
    .filter(({ path }) => !known.has(path.join(".")))
    .map(({ path, remedy }) => describe(source, [], path, `no such key; ${remedy}`));
}

function judge(
  error: z.ZodError,
  schema: z.ZodType,
  name: string,
  source: Source,
  overrides: readonly Override[],
): string[] {
  return error.issues
    .filter(({ code }) => code !== "unrecognized_keys")
    .map((issue) => {
      const inner = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
      const told = describeKey(schema, inner);
      const remedy = told === undefined ? "correct it" : `it is: ${told}`;
      return describe(source, overrides, [name, ...inner], `${issue.message}; ${remedy}`);
    });
}

function describeKey(schema: z.ZodType, path: Path): string | undefined {
  let shape = shapeOf(schema);
  let told = shape.description;
  for (const step of path) {
    const next = typeof step === "string" && Object.hasOwn(shape.entries, step) ? shape.entries[step] : shape.element;
    if (next === undefined) break;
    shape = shapeOf(next);
    told = shape.description ?? told;
  }
  return told?.replace(/\.$/, "");
}

function describe(source: Source, overrides: readonly Override[], path: Path, problem: string): string {
  const shown = path.map((step) => (containsSecret(String(step)) ? REDACTED : step)).join(".");
  const override = overrides.findLast((candidate) => candidate.path.join(".") === path.join("."));
  return `${override?.origin ?? source.locate(path)}: ${shown}: ${problem}`;
}

function failure(problems: readonly string[]): SluiceError {
  const count = problems.length === 1 ? "one problem" : `${problems.length} problems`;
  return new SluiceError(
    "invalid_request",
    `The configuration has ${count}:\n${problems.map((line) => `  ${line}`).join("\n")}`,
  );
}
