/**
 * Values a schema has once every reference is replaced by what it refers to: a bound of what one visit costs. Infinity if references run
 * in a circle, or lead anywhere but to a place named by a path inside the schema.
 */
export function expandedSize(schema: unknown): number {
  return sizeOf(schema, { root: schema, known: new Map(), open: new Set() });
}

interface Walk {
  readonly root: unknown;
  readonly known: Map<string, number>;
  readonly open: Set<string>;
}

function sizeOf(value: unknown, walk: Walk): number {
  if (typeof value !== "object" || value === null) return 1;
  let size = 1;
  for (const [key, child] of Object.entries(value)) {
    size += key === "$ref" && typeof child === "string" ? sizeBehind(child, walk) : sizeOf(child, walk);
  }
  return size;
}

function sizeBehind(ref: string, walk: Walk): number {
  const known = walk.known.get(ref);
  if (known !== undefined) return known;
  const target = follow(ref, walk.root);
  if (target === undefined || walk.open.has(ref)) return Number.POSITIVE_INFINITY;
  walk.open.add(ref);
  const size = sizeOf(target, walk);
  walk.open.delete(ref);
  walk.known.set(ref, size);
  return size;
}

/** What a path such as #/$defs/name leads to. Escaped names are left to the time limit. */
function follow(ref: string, root: unknown): unknown {
  if (!ref.startsWith("#/") || /[~%]/.test(ref)) return undefined;
  let at = root;
  for (const name of ref.slice(2).split("/")) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return undefined;
    at = Reflect.get(at, name);
  }
  return at;
}
