/**
 * Tells whether two texts are the same without keeping them: two FNV-1a sums with different beginnings, 64 bits together
 * (http://www.isthe.com/chongo/tech/comp/fnv/). Not for texts that somebody chose in order to deceive: ids of holds are the gateway's own, and a
 * repeated one comes from itself.
 */
export function fingerprint(text: string): string {
  let first = 0x811c9dc5;
  let second = 0x01000193;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    first = Math.imul(first ^ unit, 0x01000193);
    second = Math.imul(second ^ (unit + at), 0x01000193);
  }
  return (first >>> 0).toString(36) + (second >>> 0).toString(36).padStart(7, "0");
}
