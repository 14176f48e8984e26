import type { z } from "zod";
import { suggest } from "./nearest.ts";
import { shapeOf } from "./schema-shape.ts";
import type { Path } from "./yaml-source.ts";

export interface UnknownKey {
  readonly path: Path;
  readonly remedy: string;
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Keys that no schema names, at any depth, whether or not the schema itself is strict. */
export function findUnknownKeys(value: unknown, schema: z.ZodType, path: Path = []): UnknownKey[] {
  const shape = shapeOf(schema);
  if (shape.kind === "array" && Array.isArray(value) && shape.element !== undefined) {
    const { element } = shape;
    return value.flatMap((inner, index) => findUnknownKeys(inner, element, [...path, index]));
  }
  if (!isMapping(value)) return [];
  if (shape.kind === "record" && shape.element !== undefined) {
    const { element } = shape;
    return Object.entries(value).flatMap(([key, inner]) => findUnknownKeys(inner, element, [...path, key]));
  }
  if (shape.kind !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const known = Object.hasOwn(shape.entries, key) ? shape.entries[key] : undefined;
    if (known !== undefined) return findUnknownKeys(inner, known, [...path, key]);
    return shape.open ? [] : [{ path: [...path, key], remedy: suggest(key, Object.keys(shape.entries)) }];
  });
}

/**
 * A copy in which a section header without content (`ledger:` alone) is an empty section, as its author meant it,
 * and keys a schema does not name are left out (they are reported on their own).
 */
export function normalise(value: unknown, schema: z.ZodType): unknown {
  const shape = shapeOf(schema);
  if (value === null && (shape.kind === "object" || shape.kind === "record")) {
    return shape.optional ? undefined : normalise({}, schema);
  }
  if (shape.kind !== "object" || !isMapping(value)) return value;
  const kept: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const known = Object.hasOwn(shape.entries, key) ? shape.entries[key] : undefined;
    if (known === undefined && !shape.open) continue;
    const result = known === undefined ? inner : normalise(inner, known);
    if (result !== undefined) kept[key] = result;
  }
  return kept;
}
