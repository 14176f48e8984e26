import { expandedSize } from "./expanded-size.ts";

/** JSON Schema drafts that are known here. */
export type Draft = "draft-07" | "2019-09" | "2020-12";

export interface SchemaLimits {
  /** Most bytes (UTF-16 units) of a schema's text. */
  readonly charsMax: number;
  /** Most levels of nesting. */
  readonly depthMax: number;
  /** Most values (objects, lists, scalars) in a schema. */
  readonly valuesMax: number;
}

export interface Inspection {
  readonly draft: Draft;
  readonly values: number;
  /** Values with every reference replaced by what it refers to. */
  readonly expanded: number;
  /** True if the cost of a validation is at most expanded values times length of the answer; else it needs a time limit. */
  readonly plain: boolean;
  /** Why the schema is not looked at; empty if it is. */
  readonly problem: string;
}

const DRAFTS: readonly (readonly [RegExp, Draft])[] = [
  [/draft\/2020-12\//, "2020-12"],
  [/draft\/2019-09\//, "2019-09"],
  [/draft-0[4-7]\//, "draft-07"],
];
const NEW_KEYWORDS = new Set([
  "$defs",
  "prefixItems",
  "unevaluatedProperties",
  "unevaluatedItems",
  "dependentSchemas",
  "dependentRequired",
  "minContains",
  "maxContains",
  "$dynamicRef",
  "$anchor",
]);
const OLD_KEYWORDS = new Set(["definitions", "additionalItems", "dependencies"]);
/** Keywords that can make a validation cost more than one visit per schema and value. */
const COSTLY = new Set(["$dynamicRef", "$recursiveRef", "uniqueItems"]);
const CHEAP_FORMATS = new Set(["date", "time", "date-time", "uuid", "ipv4", "int32", "int64", "float", "double"]);
const ESCAPES_AND_CLASSES = /\\[^pPk1-9]|\[(?:[^\]\\]|\\.)*\]/g;
const FIXED_REPETITION = /\{\d{1,3}\}/g;
const OPEN_REPETITION = /[*+?]|\{\d{1,4},(?:\d{1,4})?\}/g;
const PATTERN_CHARS_MAX = 200;

/**
 * Looks at a parsed schema before anything is compiled from it: its draft, its size, and whether an answer can be held against it in
 * bounded time. A schema that names no draft is of the newest one, unless it uses words that only older drafts have.
 */
export function inspectSchema(schema: unknown, limits: SchemaLimits): Inspection {
  const walk = { values: 0, plain: true, newer: false, older: false };
  const problem = visit(schema, 0, { walk, limits });
  const expanded = problem === "" ? expandedSize(schema) : 0;
  return { draft: draftOf(schema, walk), values: walk.values, expanded, plain: walk.plain, problem };
}

interface Walk {
  values: number;
  plain: boolean;
  newer: boolean;
  older: boolean;
}

function visit(value: unknown, depth: number, at: { readonly walk: Walk; readonly limits: SchemaLimits }): string {
  const { walk, limits } = at;
  if (++walk.values > limits.valuesMax) return `the schema has more than ${limits.valuesMax} values`;
  if (typeof value !== "object" || value === null) return "";
  if (depth >= limits.depthMax) return `the schema nests deeper than ${limits.depthMax} levels`;
  for (const [key, child] of Object.entries(value)) {
    if (!Array.isArray(value)) note(key, child, walk);
    const problem = visit(child, depth + 1, at);
    if (problem !== "") return problem;
  }
  return "";
}

/** A property that is called like a keyword is taken for one: then the validation gets a time limit that it did not need. */
function note(key: string, child: unknown, walk: Walk): void {
  if (NEW_KEYWORDS.has(key)) walk.newer = true;
  else if (OLD_KEYWORDS.has(key) || (key === "items" && Array.isArray(child))) walk.older = true;
  if (COSTLY.has(key)) walk.plain = false;
  else if (key === "format" && typeof child === "string") walk.plain &&= CHEAP_FORMATS.has(child);
  else if (key === "pattern" && typeof child === "string") walk.plain &&= isCheapPattern(child);
  else if (key === "patternProperties" && typeof child === "object" && child !== null)
    walk.plain &&= Object.keys(child).every(isCheapPattern);
}

/**
 * True if matching takes time in proportion to the text, whatever the text: either nothing repeats, or the pattern is tied to the start
 * and one single thing repeats. Says no when in doubt.
 */
export function isCheapPattern(pattern: string): boolean {
  if (pattern.length > PATTERN_CHARS_MAX) return false;
  const bare = pattern.replace(ESCAPES_AND_CLASSES, "x");
  if (bare.includes("\\")) return false;
  if (!/[*+?{]/.test(bare.replaceAll("(?:", "("))) return true;
  if (!bare.startsWith("^") || /[(|]/.test(bare)) return false;
  const open = bare.replace(FIXED_REPETITION, "").split(OPEN_REPETITION);
  return open.length <= 2 && !open.some((piece) => piece.includes("{"));
}

function draftOf(schema: unknown, walk: Walk): Draft {
  const named =
    typeof schema === "object" && schema !== null && "$schema" in schema && typeof schema.$schema === "string"
      ? schema.$schema
      : "";
  const known = DRAFTS.find(([pattern]) => pattern.test(named))?.[1];
  if (known !== undefined) return known;
  return walk.older && !walk.newer ? "draft-07" : "2020-12";
}
