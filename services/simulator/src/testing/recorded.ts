import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** Every path of a value with the type found there; positions in arrays are left out. */
export type Shape = ReadonlyMap<string, string>;

export function shapeOf(value: unknown, path = "", shape = new Map<string, string>()): Map<string, string> {
  if (Array.isArray(value)) {
    for (const item of value) shapeOf(item, `${path}[]`, shape);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) shapeOf(item, `${path}.${key}`, shape);
    return shape;
  }
  return shape.set(path, Array.isArray(value) ? "array" : value === null ? "null" : typeof value);
}

/** One recorded exchange. */
export interface Recording {
  readonly api: string;
  readonly kind: string;
  readonly case: string;
  readonly response: {
    readonly status: number;
    readonly body?: unknown;
    readonly sse?: string;
    readonly headers?: Record<string, string>;
  };
}

/** Where recordings of a provider lie, beside the checkout; they are no part of the repository. */
export function recordingsOf(provider: string): { readonly folder: string; readonly absent: string | false } {
  const folder = resolve(import.meta.dirname, "../../../../../shared/fixtures", provider);
  const absent = `no recordings at ${folder}: the wire was NOT compared with real exchanges`;
  return { folder, absent: existsSync(folder) ? false : absent };
}

/** The exchanges of one API as the provider made them. */
export function readRecordings(folder: string, api: string, kinds: readonly string[]): Recording[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const all = names.map((name): Recording => JSON.parse(readFileSync(join(folder, name), "utf8")));
  return all.filter((one) => one.api === api && kinds.includes(one.kind));
}

/** The JSON of every event of a stream. */
export function eventsOf(sse: string): unknown[] {
  return sse.split(/\r?\n/).flatMap((line) => (line.startsWith("data: {") ? [JSON.parse(line.slice(6))] : []));
}

export interface Comparison {
  readonly kind: string;
  readonly ours: readonly Shape[];
  readonly theirs: readonly Shape[];
  /** Paths whose content is the caller's, such as the arguments of a function. */
  readonly free?: RegExp;
}

/** Ours may have no path that no recording of its kind has, and must have those that all of them have. */
export function compareShapes({ kind, ours, theirs, free = /^$/ }: Comparison): void {
  assert.ok(theirs.length > 0, `no recording shows: ${kind}`);
  const allowed = new Set(theirs.flatMap((shape) => [...shape].map(([path, type]) => `${path} ${type}`)));
  const required = [...(theirs[0]?.keys() ?? [])].filter((path) => theirs.every((shape) => shape.has(path)));
  for (const shape of ours) {
    for (const [path, type] of shape) {
      assert.ok(free.test(path) || allowed.has(`${path} ${type}`), `${kind}: no recording has ${path} as ${type}`);
    }
    for (const path of required) assert.ok(shape.has(path) || free.test(path), `${kind}: every recording has ${path}`);
  }
}
