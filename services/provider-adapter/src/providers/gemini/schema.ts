import type { Warnings } from "../openai/warnings.ts";
import { isObject } from "./wire.ts";

/**
 * Google takes a schema in two forms: an OpenAPI subset (`parameters`, `responseSchema`) that every model knows and a subset of JSON
 * Schema (`parametersJsonSchema`, `responseJsonSchema`). https://ai.google.dev/gemini-api/docs/structured-output#json-schema-support
 * A schema is walked by the meaning of its places, so that a property called "pattern" is never taken for the keyword.
 */

type Schema = Readonly<Record<string, unknown>>;

/** Deepest nesting that is walked; what lies deeper passes as it is. */
const DEPTH_MAX = 64;

/** Keywords that hold one schema, a list of schemas, or schemas by name. */
const ONE = new Set(["items", "additionalProperties"]);
const LIST = new Set(["anyOf", "oneOf", "prefixItems"]);
const BY_NAME = new Set(["properties", "$defs"]);

const PLAIN = new Set([
  "type",
  "format",
  "title",
  "description",
  "enum",
  "default",
  "nullable",
  "minItems",
  "maxItems",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "pattern",
  "minProperties",
  "maxProperties",
  "required",
  "propertyOrdering",
  "$ref",
  "$id",
  "$anchor",
]);

/** Keywords that say nothing about values: they go without a word. */
const SILENT = new Set([
  "$schema",
  "$comment",
  "$vocabulary",
  "examples",
  "example",
  "deprecated",
  "readOnly",
  "writeOnly",
]);

/** Keywords of the OpenAPI subset. */
const OPENAPI = new Set([
  "type",
  "format",
  "title",
  "description",
  "enum",
  "nullable",
  "minItems",
  "maxItems",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "pattern",
  "required",
  "propertyOrdering",
  "properties",
  "items",
  "anyOf",
]);

/** Schemas that do nothing but wrap another are opened, this many deep. */
const WRAPPERS_MAX = 8;

/** A list of one schema that all must fit is that schema. */
function unwrapped(schema: Schema): Schema {
  let open = schema;
  for (let depth = 0; depth < WRAPPERS_MAX; depth++) {
    const { allOf, ...rest } = open;
    const [first, ...more] = Array.isArray(allOf) ? (allOf as unknown[]) : [];
    if (!isObject(first) || more.length > 0) break;
    open = { ...first, ...rest };
  }
  return open;
}

/** The keywords of older drafts under their present names. */
function modern(schema: Schema): Record<string, unknown> {
  const { definitions, const: only, ...rest } = unwrapped(schema);
  const renamed: Record<string, unknown> = { ...rest };
  if (isObject(definitions)) renamed["$defs"] = { ...definitions, ...(isObject(rest["$defs"]) ? rest["$defs"] : {}) };
  if (only !== undefined) renamed["enum"] = [only];
  const ref = renamed["$ref"];
  if (typeof ref === "string") renamed["$ref"] = ref.replace(/^#\/definitions\//, "#/$defs/");
  return renamed;
}

function cleanValue(keyword: string, value: unknown, dropped: Set<string>, depth: number): unknown {
  if (ONE.has(keyword)) return clean(value, dropped, depth);
  if (LIST.has(keyword) && Array.isArray(value)) return value.map((entry: unknown) => clean(entry, dropped, depth));
  if (BY_NAME.has(keyword) && isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, clean(inner, dropped, depth)]));
  }
  return value;
}

function clean(value: unknown, dropped: Set<string>, depth: number): unknown {
  if (!isObject(value) || depth >= DEPTH_MAX) return value;
  const schema = modern(value);
  const isReference = schema["$ref"] !== undefined;
  const kept: Record<string, unknown> = {};
  for (const [keyword, inner] of Object.entries(schema)) {
    // Beside a reference only keywords that begin with "$" are accepted.
    if (SILENT.has(keyword) || (isReference && !keyword.startsWith("$"))) continue;
    if (PLAIN.has(keyword) || ONE.has(keyword) || LIST.has(keyword) || BY_NAME.has(keyword)) {
      kept[keyword] = cleanValue(keyword, inner, dropped, depth + 1);
    } else dropped.add(keyword);
  }
  return kept;
}

function isTyped(schema: Schema): boolean {
  const { type, enum: values } = schema;
  if (type !== undefined && typeof type !== "string") return false;
  if (type === undefined && schema["anyOf"] === undefined) return false;
  if (values === undefined) return true;
  return type === "string" && Array.isArray(values) && values.every((value) => typeof value === "string");
}

/** True if the OpenAPI subset says the same. */
function fitsOpenApi(value: unknown, depth: number): boolean {
  if (!isObject(value) || depth >= DEPTH_MAX || !isTyped(value)) return false;
  const { properties, items, anyOf, type } = value;
  if (!Object.keys(value).every((keyword) => OPENAPI.has(keyword))) return false;
  // Objects of any shape cannot be said there.
  if (type === "object" && (!isObject(properties) || Object.keys(properties).length === 0)) return false;
  if (type === "array" && items === undefined) return false;
  const inner = [
    ...(isObject(properties) ? Object.values(properties) : []),
    ...(items === undefined ? [] : [items]),
    ...(Array.isArray(anyOf) ? (anyOf as unknown[]) : []),
  ];
  return inner.every((one) => fitsOpenApi(one, depth + 1));
}

/** A schema in the form that says most of it. */
export interface MappedSchema {
  readonly form: "openapi" | "json_schema";
  readonly schema: unknown;
}

/** Maps a schema; keywords Google does not know are left out and named in the warnings. `what` names the schema there. */
export function mapSchema(schema: unknown, what: string, warnings: Warnings): MappedSchema {
  const dropped = new Set<string>();
  const cleaned = clean(schema, dropped, 0);
  if (dropped.size > 0) {
    const names = [...dropped].slice(0, 16).join(", ");
    warnings.say(`Keywords of ${what} are not enforced by this provider and were left out: ${names}.`);
  }
  return { form: fitsOpenApi(cleaned, 0) ? "openapi" : "json_schema", schema: cleaned };
}
