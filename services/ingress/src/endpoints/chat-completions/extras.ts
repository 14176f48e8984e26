/**
 * The fields of an object that the canonical form cannot say, as one JSON object; empty if there are none.
 * Entries become own properties, so that a field called `__proto__` is a field like any other.
 */
export function extrasOf(object: Readonly<Record<string, unknown>>, known: ReadonlySet<string>): string {
  let kept: [string, unknown][] | undefined;
  for (const name of Object.keys(object)) {
    if (known.has(name) || object[name] === undefined) continue;
    kept ??= [];
    kept.push([name, object[name]]);
  }
  return kept === undefined ? "" : JSON.stringify(Object.fromEntries(kept));
}

/** True if an object has fields besides the known ones. */
export function hasExtras(object: Readonly<Record<string, unknown>>, known: ReadonlySet<string>): boolean {
  for (const name of Object.keys(object)) if (!known.has(name) && object[name] !== undefined) return true;
  return false;
}
