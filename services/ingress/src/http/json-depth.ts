const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SHORT_STRING = 32;

/**
 * True if a JSON text nests deeper than `limit`. Runs before parsing, over the bytes alone; strings, which are most
 * of a chat, are skipped by searching for their end.
 */
export function isDeeperThan(body: Uint8Array, limit: number): boolean {
  // A text this short could nest deeper only by leaving brackets open, and then it is no JSON.
  if (body.length <= 2 * limit) return false;
  let depth = 0;
  for (let i = 0; i < body.length; i++) {
    switch (body[i]) {
      case QUOTE:
        i = endOfString(body, i + 1);
        if (i < 0) return false;
        break;
      case 0x7b:
      case 0x5b:
        depth++;
        if (depth > limit) return true;
        break;
      case 0x7d:
      case 0x5d:
        depth--;
        break;
    }
  }
  return false;
}

/** Index of the quote that ends the string whose inside starts at `from`; -1 if none does. */
function endOfString(body: Uint8Array, from: number): number {
  const near = Math.min(body.length, from + SHORT_STRING);
  let i = from;
  for (; i < near; i++) {
    if (body[i] === BACKSLASH) i++;
    else if (body[i] === QUOTE) return i;
  }
  // `i` may have stepped over an escaped character at the border; nothing before it counts any more.
  const start = i;
  for (let quote = body.indexOf(QUOTE, start); quote >= 0; quote = body.indexOf(QUOTE, quote + 1)) {
    let slashes = 0;
    while (quote - 1 - slashes >= start && body[quote - 1 - slashes] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return quote;
  }
  return -1;
}
