import type { z } from "zod";
import { containsSecret, isSecretName } from "../log/index.ts";
import type { Environment } from "./environment.ts";
import { suggest } from "./nearest.ts";
import { type Shape, shapeOf } from "./schema-shape.ts";

export interface Override {
  readonly path: readonly string[];
  readonly value: unknown;
  /** What to name in a problem with this value. */
  readonly origin: string;
}

const PREFIX = "SLUICE_";
/** Not configuration: where the file is, and what the test run tells its own processes. */
const IGNORED = /^SLUICE_(?:CONFIG$|TEST_)/;

const upper = (name: string): string => name.replaceAll("-", "_").toUpperCase();

/** The variable that overrides a key: `SLUICE_LEDGER__HOLD_TTL_MS` for `ledger.hold_ttl_ms`. */
export function variableName(path: readonly string[]): string {
  return PREFIX + path.map(upper).join("__");
}

/**
 * Reads `SLUICE_<SECTION>__<KEY>` variables as overrides of scalars.
 * @returns the overrides and, as sentences, variables that are unknown or carry a secret
 */
export function readOverlay(
  environment: Environment,
  sections: Readonly<Record<string, z.ZodType>>,
): { readonly overrides: readonly Override[]; readonly problems: readonly string[] } {
  const overrides: Override[] = [];
  const problems: string[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || IGNORED.test(name) || text === undefined) continue;
    const found = findKey(name, sections);
    if (typeof found === "string") problems.push(`${name}: ${found}`);
    else if (containsSecret(text) || isSecretName(found.path.at(-1) ?? "")) {
      problems.push(
        `${name}: a secret never lives in an environment variable; use a *_file key or \`sluice secrets set <provider>\``,
      );
    } else overrides.push({ path: found.path, value: coerce(text, found.shape), origin: name });
  }
  return { overrides, problems };
}

interface Found {
  readonly path: readonly string[];
  readonly shape: Shape;
}

/** The key a variable means, or the problem with it. */
function findKey(variable: string, sections: Readonly<Record<string, z.ZodType>>): Found | string {
  let entries = sections;
  const path: string[] = [];
  const tokens = variable.slice(PREFIX.length).split("__");
  for (const [depth, token] of tokens.entries()) {
    const key = Object.keys(entries).find((name) => upper(name) === token);
    const schema = key === undefined ? undefined : entries[key];
    if (key === undefined || schema === undefined) return unknownVariable([...path], entries, variable);
    path.push(key);
    const shape = shapeOf(schema);
    const last = depth === tokens.length - 1;
    if (shape.kind === "record" && !last && shape.element !== undefined) {
      path.push(
        tokens
          .slice(depth + 1)
          .join("__")
          .toLowerCase()
          .replaceAll("_", "-"),
      );
      return { path, shape: shapeOf(shape.element) };
    }
    if (last) return scalarOrProblem(path, shape);
    entries = shape.entries;
  }
  return unknownVariable(path, entries, variable);
}

function scalarOrProblem(path: readonly string[], shape: Shape): Found | string {
  if (!["object", "record", "array"].includes(shape.kind)) return { path, shape };
  return `${path.join(".")} is not a single value; set it in the configuration file`;
}

function unknownVariable(
  path: readonly string[],
  entries: Readonly<Record<string, z.ZodType>>,
  variable: string,
): string {
  const known = Object.keys(entries).map((name) => variableName([...path, name]));
  return `no configuration key has this name; ${suggest(variable, known)}`;
}

/** Text as the key's own type; what does not fit stays text and is judged by the schema. */
function coerce(text: string, shape: Shape): unknown {
  if (shape.kind === "number" && /^-?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  if (shape.kind === "bigint" && /^-?\d+$/.test(text)) return BigInt(text);
  if (shape.kind === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}
