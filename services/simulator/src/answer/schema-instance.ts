import type { Random } from "./random.ts";
import { numberInstance, stringInstance } from "./scalar-instance.ts";

type Schema = Readonly<Record<string, unknown>>;

interface Walk {
  readonly root: unknown;
  readonly random: Random;
  /** Used for the first free string, so that an answer refers to its prompt. */
  hint: string | undefined;
  /** Values still allowed; a schema that branches at every level must not make a huge answer. */
  budget: number;
}

const DEPTH_MAX = 24;
/** Beyond this depth only required properties and shortest arrays are made, so that recursive schemas end. */
const DEPTH_FRUGAL = 4;
const VALUES_MAX = 2_000;
const LIST_LENGTH_MAX = 100;

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Makes a value that fits a JSON schema: type, enum, const, properties, required, items, prefixItems, bounds,
 * formats, anyOf, oneOf, allOf and local $ref. `pattern`, `not` and `if` are not looked at.
 */
export function schemaInstance(schema: unknown, random: Random, hint?: string): unknown {
  return build(schema, { root: schema, random, hint, budget: VALUES_MAX }, 0);
}

function build(schema: unknown, walk: Walk, depth: number): unknown {
  if (!isSchema(schema) || depth > DEPTH_MAX || --walk.budget < 0) return null;
  const flat = flatten(schema, walk, depth);
  if (flat === undefined) return null;
  if ("const" in flat) return flat["const"];
  if (Array.isArray(flat["enum"]) && flat["enum"].length > 0) return walk.random.pick(flat["enum"]);
  switch (typeOf(flat)) {
    case "object":
      return objectInstance(flat, walk, depth);
    case "array":
      return arrayInstance(flat, walk, depth);
    case "integer":
      return numberInstance(flat, walk.random, true);
    case "number":
      return numberInstance(flat, walk.random, false);
    case "boolean":
      return walk.random.next() < 0.5;
    case "null":
      return null;
    default:
      return stringInstance(flat, walk.random, takeHint(flat, walk));
  }
}

function takeHint(schema: Schema, walk: Walk): string | undefined {
  if (walk.hint === undefined || schema["format"] !== undefined || schema["pattern"] !== undefined) return undefined;
  const hint = walk.hint;
  walk.hint = undefined;
  return hint;
}

function typeOf(schema: Schema): string {
  const type = schema["type"];
  if (typeof type === "string") return type;
  if (Array.isArray(type)) return String(type.find((one) => one !== "null") ?? "null");
  if (isSchema(schema["properties"])) return "object";
  if (schema["items"] !== undefined || schema["prefixItems"] !== undefined) return "array";
  return typeof schema["minimum"] === "number" || typeof schema["maximum"] === "number" ? "number" : "string";
}

/** Resolves $ref, anyOf, oneOf and allOf until a schema without them is left. */
function flatten(start: Schema, walk: Walk, depth: number): Schema | undefined {
  let schema = start;
  for (let turn = 0; turn < DEPTH_MAX; turn++) {
    const { $ref, anyOf, oneOf, allOf, ...own } = schema;
    if (typeof $ref === "string") {
      const target = resolve(walk.root, $ref);
      if (!isSchema(target)) return undefined;
      schema = merge(target, own);
    } else if (Array.isArray(allOf)) {
      schema = allOf.reduce<Schema>((all, one) => (isSchema(one) ? merge(all, one) : all), own);
    } else if (Array.isArray(anyOf) || Array.isArray(oneOf)) {
      const chosen = chooseBranch(Array.isArray(anyOf) ? anyOf : (oneOf as unknown[]), depth);
      schema = isSchema(chosen) ? merge(own, chosen) : own;
    } else {
      return schema;
    }
  }
  return undefined;
}

/** Deep down a branch without references ends soonest; near the top anything but null is more telling. */
function chooseBranch(branches: readonly unknown[], depth: number): unknown {
  if (depth > DEPTH_FRUGAL) {
    const ends = (branch: unknown): boolean => isSchema(branch) && !JSON.stringify(branch).includes('"$ref"');
    return (
      branches.find((branch) => isSchema(branch) && branch["type"] === "null") ?? branches.find(ends) ?? branches[0]
    );
  }
  return branches.find((branch) => isSchema(branch) && branch["type"] !== "null") ?? branches[0];
}

function merge(first: Schema, second: Schema): Schema {
  const merged: Record<string, unknown> = { ...first, ...second };
  if (isSchema(first["properties"]) && isSchema(second["properties"])) {
    merged["properties"] = { ...first["properties"], ...second["properties"] };
  }
  if (Array.isArray(first["required"]) && Array.isArray(second["required"])) {
    merged["required"] = [...first["required"], ...second["required"]];
  }
  return merged;
}

function resolve(root: unknown, reference: string): unknown {
  if (!reference.startsWith("#")) return undefined;
  let at: unknown = root;
  for (const step of reference.split("/").slice(1)) {
    const key = decodeStep(step);
    if (key === undefined || typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

function decodeStep(step: string): string | undefined {
  try {
    return decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return undefined;
  }
}

function objectInstance(schema: Schema, walk: Walk, depth: number): Record<string, unknown> {
  const properties = isSchema(schema["properties"]) ? schema["properties"] : {};
  const required = new Set(
    Array.isArray(schema["required"]) ? schema["required"].filter((key) => typeof key === "string") : [],
  );
  const made: [string, unknown][] = [];
  for (const [key, property] of Object.entries(properties)) {
    const wanted = required.has(key) || depth < DEPTH_FRUGAL;
    if (wanted) made.push([key, build(property, walk, depth + 1)]);
    required.delete(key);
  }
  for (const key of required) made.push([key, build(schema["additionalProperties"] ?? {}, walk, depth + 1)]);
  return Object.fromEntries(made);
}

function arrayInstance(schema: Schema, walk: Walk, depth: number): unknown[] {
  const fixed = Array.isArray(schema["prefixItems"]) ? schema["prefixItems"] : [];
  const least = typeof schema["minItems"] === "number" ? schema["minItems"] : 0;
  const most = typeof schema["maxItems"] === "number" ? schema["maxItems"] : LIST_LENGTH_MAX;
  const liked = depth < DEPTH_FRUGAL ? Math.max(fixed.length, 1 + walk.random.integer(3)) : 0;
  const length = Math.min(Math.max(least, Math.min(liked, most)), LIST_LENGTH_MAX);
  const items: unknown[] = [];
  const seen = new Set<string>();
  // A few more turns than items, because unique items may need several tries.
  for (let turn = 0; items.length < length && turn < length + 50; turn++) {
    const item = build(fixed[items.length] ?? schema["items"] ?? {}, walk, depth + 1);
    const text = JSON.stringify(item);
    if (schema["uniqueItems"] === true && seen.has(text)) continue;
    seen.add(text);
    items.push(item);
  }
  return items;
}
