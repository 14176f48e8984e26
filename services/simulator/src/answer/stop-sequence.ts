/** Text up to a stop sequence. */
export interface CutText {
  readonly pieces: string[];
  /** The sequence found first; undefined if none occurs. */
  readonly sequence?: string | undefined;
}

/** Cuts pieces before the first stop sequence in their joined text. */
export function cutAtStop(pieces: string[], stop: readonly string[]): CutText {
  if (stop.length === 0) return { pieces };
  const text = pieces.join("");
  let end = -1;
  let found: string | undefined;
  for (const sequence of stop) {
    const at = sequence === "" ? -1 : text.indexOf(sequence);
    if (at < 0 || (end >= 0 && at >= end)) continue;
    end = at;
    found = sequence;
  }
  if (found === undefined) return { pieces };
  const kept: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    if (length >= end) break;
    kept.push(piece.slice(0, end - length));
    length += piece.length;
  }
  return { pieces: kept, sequence: found };
}
