/** Cuts pieces before the first stop sequence in their joined text; @returns the same array if none occurs. */
export function cutAtStop(pieces: string[], stop: readonly string[]): string[] {
  if (stop.length === 0) return pieces;
  const text = pieces.join("");
  let end = -1;
  for (const sequence of stop) {
    const at = sequence === "" ? -1 : text.indexOf(sequence);
    if (at >= 0 && (end < 0 || at < end)) end = at;
  }
  if (end < 0) return pieces;
  const kept: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    if (length >= end) break;
    kept.push(piece.slice(0, end - length));
    length += piece.length;
  }
  return kept;
}
