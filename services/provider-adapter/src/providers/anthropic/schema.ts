import { isObject } from "../openai/wire.ts";

const FORMATS = new Set(["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"]);
const KEPT = new Set(["type", "title", "description", "enum", "const", "default", "required", "$ref"]);
const BRANCHES = ["anyOf", "oneOf", "allOf"] as const;
/** Deeper schemas pass as they are, and the provider says what it thinks of them. */
const DEPTH_MAX = 64;

type Schema = Record<string, unknown>;

function each(value: unknown, depth: number): Schema {
  const entries = isObject(value) ? Object.entries(value) : [];
  return Object.fromEntries(entries.map(([name, inner]) => [name, narrow(inner, depth + 1)]));
}

function allows(name: string, value: unknown): boolean {
  if (KEPT.has(name)) return true;
  if (name === "format") return typeof value === "string" && FORMATS.has(value);
  return name === "minItems" && (value === 0 || value === 1);
}

/** Puts a keyword where it belongs; false if the provider would refuse it. */
function addKeyword(into: Schema, name: string, value: unknown, depth: number): boolean {
  if (name === "$schema" || name === "$id" || name === "additionalProperties") return true;
  if (name === "properties" || name === "$defs" || name === "definitions") {
    into[name] = each(value, depth);
  } else if (name === "items" && isObject(value)) {
    into[name] = narrow(value, depth + 1);
  } else if (BRANCHES.some((branch) => branch === name) && Array.isArray(value)) {
    into[name === "oneOf" ? "anyOf" : name] = value.map((inner) => narrow(inner, depth + 1));
  } else if (allows(name, value)) {
    into[name] = value;
  } else {
    return false;
  }
  return true;
}

function isObjectSchema(schema: Readonly<Record<string, unknown>>): boolean {
  const { type } = schema;
  return type === "object" || (Array.isArray(type) && type.includes("object")) || isObject(schema["properties"]);
}

function narrow(schema: unknown, depth: number): unknown {
  if (!isObject(schema) || depth > DEPTH_MAX) return schema;
  const narrowed: Schema = {};
  const said: string[] = [];
  for (const [name, value] of Object.entries(schema)) {
    if (!addKeyword(narrowed, name, value, depth)) said.push(`${name}: ${JSON.stringify(value)}`);
  }
  if (isObjectSchema(schema)) narrowed["additionalProperties"] = false;
  if (said.length > 0) {
    const before = typeof narrowed["description"] === "string" ? `${narrowed["description"]}\n\n` : "";
    narrowed["description"] = `${before}{${said.join(", ")}}`;
  }
  return narrowed;
}

/**
 * A JSON Schema in the subset that answers can be held to: every object closed, one way of branching. Keywords outside it
 * become words in the description, where the model still reads them; whoever validates does so by the caller's own schema.
 * https://platform.claude.com/docs/en/build-with-claude/structured-outputs
 */
export function narrowSchema(schema: unknown): unknown {
  return narrow(schema, 0);
}
