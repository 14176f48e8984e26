/**
 * Compiles a key's model patterns: names, or patterns in which `*` stands for any run of characters. An empty list
 * allows every model. Patterns are matched against the name as the caller wrote it.
 */
export function compileAllowedModels(patterns: readonly string[]): (model: string) => boolean {
  if (patterns.length === 0) return () => true;
  const exact = new Set(patterns.filter((pattern) => !pattern.includes("*")));
  const wild = patterns.filter((pattern) => pattern.includes("*")).map((pattern) => pattern.split("*"));
  return (model) => exact.has(model) || wild.some((pieces) => matches(model, pieces));
}

/** Greedy matching piece by piece: linear, where a regular expression made of many stars could backtrack for long. */
function matches(model: string, pieces: readonly string[]): boolean {
  const first = pieces[0] ?? "";
  const last = pieces.at(-1) ?? "";
  if (model.length < first.length + last.length || !model.startsWith(first) || !model.endsWith(last)) return false;
  let position = first.length;
  const end = model.length - last.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = model.indexOf(piece, position);
    if (found < 0 || found + piece.length > end) return false;
    position = found + piece.length;
  }
  return true;
}
