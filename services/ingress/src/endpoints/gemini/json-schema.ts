type Schema = Readonly<Record<string, unknown>>;

/** Deepest nesting that is walked; what lies deeper passes as it is. */
const DEPTH_MAX = 64;
const ONE = new Set(["items", "additionalProperties"]);
const LIST = new Set(["anyOf", "oneOf", "prefixItems"]);
const BY_NAME = new Set(["properties", "$defs"]);
/** Counts that Google writes as texts, because they are 64 bits long. */
const COUNTS = new Set(["minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"]);
/** Both spellings of the words of more than one. */
const RENAMED: Readonly<Record<string, string>> = {
  any_of: "anyOf",
  one_of: "oneOf",
  prefix_items: "prefixItems",
  additional_properties: "additionalProperties",
  min_items: "minItems",
  max_items: "maxItems",
  min_length: "minLength",
  max_length: "maxLength",
  min_properties: "minProperties",
  max_properties: "maxProperties",
};
/** Said by the types, or nothing that a value could break. */
const LEFT_OUT = new Set(["nullable", "propertyOrdering", "property_ordering"]);

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Google's own kind of schema, OpenAPI's of version 3.0, as JSON Schema, which everybody else understands: types in small letters,
 * `nullable` as a type of its own.
 */
export function toJsonSchema(value: unknown, depth = 0): unknown {
  if (!isSchema(value) || depth >= DEPTH_MAX) return value;
  const { type, nullable } = value;
  const schema: Record<string, unknown> = {};
  for (const [given, inner] of Object.entries(value)) {
    if (LEFT_OUT.has(given)) continue;
    const name = RENAMED[given] ?? given;
    schema[name] = toValue(name, inner, depth + 1);
  }
  const types = typesOf(type, nullable === true);
  if (types === undefined) delete schema["type"];
  else schema["type"] = types;
  const { enum: values } = schema;
  if (nullable === true && Array.isArray(values) && !values.includes(null)) schema["enum"] = [...values, null];
  return schema;
}

function toValue(name: string, value: unknown, depth: number): unknown {
  if (ONE.has(name)) return toJsonSchema(value, depth);
  if (LIST.has(name) && Array.isArray(value)) return value.map((entry: unknown) => toJsonSchema(entry, depth));
  if (BY_NAME.has(name) && isSchema(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toJsonSchema(inner, depth)]));
  }
  if (COUNTS.has(name) && typeof value === "string" && /^\d{1,15}$/.test(value)) return Number(value);
  return value;
}

function typesOf(type: unknown, nullable: boolean): unknown {
  if (typeof type !== "string") return Array.isArray(type) ? type : undefined;
  const small = type.toLowerCase();
  if (small === "type_unspecified") return undefined;
  return nullable && small !== "null" ? [small, "null"] : small;
}
