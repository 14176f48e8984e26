import { isObject } from "../openai/wire.ts";

type Schema = Readonly<Record<string, unknown>>;

/** Deeper than any schema made by hand; what goes on below is not looked at. */
const DEPTH_MAX = 64;
const LOCAL = /^#\/(?:\$defs|definitions)\/([^/]+)$/;
const OPEN_KEYWORDS = ["patternProperties", "propertyNames", "unevaluatedProperties"];

/** True for an object whose names are not all given: once closed it could only be empty, or would lose its point. */
function isOpen(schema: Schema): boolean {
  const { type, properties, additionalProperties } = schema;
  if (OPEN_KEYWORDS.some((name) => isObject(schema[name])) || isObject(additionalProperties)) return true;
  const named = isObject(properties) && Object.keys(properties).length > 0;
  return type === "object" && !named && additionalProperties !== false;
}

/** Calls back for a schema and every schema in it; enum and const hold values, not schemas. */
function walk(schema: unknown, visit: (schema: Schema) => void, depth = 0): void {
  if (depth > DEPTH_MAX) return;
  if (Array.isArray(schema)) {
    for (const inner of schema) walk(inner, visit, depth + 1);
    return;
  }
  if (!isObject(schema)) return;
  visit(schema);
  for (const [name, inner] of Object.entries(schema)) {
    if (name === "enum" || name === "const" || name === "default" || name === "examples") continue;
    const isMap = name === "properties" || name === "$defs" || name === "definitions";
    walk(isMap && isObject(inner) ? Object.values(inner) : inner, visit, depth + 1);
  }
}

function refsIn(schema: unknown): string[] {
  const refs: string[] = [];
  walk(schema, ({ $ref }) => {
    if (typeof $ref === "string") refs.push($ref);
  });
  return refs;
}

/** True if a definition leads back to itself, or a reference to somewhere else than the definitions. */
function refersBadly(schema: Schema): boolean {
  const refs = refsIn(schema);
  if (refs.length === 0) return false;
  const definitions: Schema = {
    ...(isObject(schema["definitions"]) && schema["definitions"]),
    ...(isObject(schema["$defs"]) && schema["$defs"]),
  };
  const next = new Map(Object.entries(definitions).map(([name, inner]) => [name, refsIn(inner)]));
  const done = new Set<string>();
  const under = new Set<string>();
  const loops = (ref: string): boolean => {
    const name = LOCAL.exec(ref)?.[1];
    const inner = name === undefined ? undefined : next.get(name);
    if (name === undefined || inner === undefined || under.has(name)) return true;
    if (done.has(name)) return false;
    under.add(name);
    const looped = under.size > DEPTH_MAX || inner.some(loops);
    under.delete(name);
    done.add(name);
    return looped;
  };
  return refs.some(loops);
}

/**
 * True if the schema still says what it means in the subset that answers can be held to, where every object is closed and
 * nothing refers to itself.
 */
export function fitsSubset(schema: unknown): boolean {
  if (!isObject(schema)) return false;
  let open = false;
  walk(schema, (inner) => {
    open ||= isOpen(inner);
  });
  return !open && !refersBadly(schema);
}
