/** One record of a provider's file: where it stands, and its fields by name, nested names joined by dots. */
export interface FileRecord {
  /** Line of the file, from 1; of JSON documents the number of the record. */
  readonly line: number;
  readonly fields: ReadonlyMap<string, string>;
}

/** Most objects within each other: no export has more. */
const DEPTH_MAX = 8;

/**
 * The records of a JSON value as the usage and cost APIs answer: a page or list of pages (`data`), buckets (`results`), or plain objects. A
 * bucket without results gives a record of its own, because it says that there was nothing on its day.
 */
export function* jsonRecords(value: unknown, nextLine: () => number): Generator<FileRecord, void> {
  yield* within(value, new Map(), { nextLine, depth: 0 });
}

interface Place {
  readonly nextLine: () => number;
  readonly depth: number;
}

function* within(value: unknown, around: ReadonlyMap<string, string>, place: Place): Generator<FileRecord, void> {
  if (place.depth > DEPTH_MAX) return;
  const inner = { ...place, depth: place.depth + 1 };
  if (Array.isArray(value)) {
    for (const each of value) yield* within(each, around, inner);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  const { data, results, ...own } = value as Readonly<Record<string, unknown>>;
  if (Array.isArray(data)) {
    yield* within(data, around, inner);
    return;
  }
  const fields = new Map(around);
  flatten(own, "", fields, 0);
  if (Array.isArray(results) && results.length > 0) yield* within(results, fields, inner);
  else yield { line: place.nextLine(), fields };
}

function flatten(value: Readonly<Record<string, unknown>>, prefix: string, into: Map<string, string>, depth: number) {
  for (const [name, field] of Object.entries(value)) {
    const path = `${prefix}${name.trim().toLowerCase()}`;
    if (typeof field === "string") into.set(path, field.trim());
    else if (typeof field === "number" || typeof field === "boolean") into.set(path, String(field));
    else if (typeof field === "object" && field !== null && !Array.isArray(field) && depth < DEPTH_MAX) {
      flatten(field as Readonly<Record<string, unknown>>, `${path}.`, into, depth + 1);
    }
  }
}
