/** True if JSON text between two quotes would not stand for itself: it holds a quote, an escape or a control character. */
export const NOT_LITERAL = /["\\]|\p{Cc}/u;

/** Where the JSON string that began before `from` ends; -1 if it does not. */
export function closingQuote(data: string, from: number): number {
  for (let at = data.indexOf('"', from); at !== -1; at = data.indexOf('"', at + 1)) {
    let slashes = 0;
    while (data.charCodeAt(at - 1 - slashes) === 92) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return -1;
}

/** The text a JSON string's inside stands for; undefined if it is not valid there. */
export function literalOf(inside: string): string | undefined {
  if (!NOT_LITERAL.test(inside)) return inside;
  try {
    const value: unknown = JSON.parse(`"${inside}"`);
    return typeof value === "string" ? value : undefined;
  } catch {
    // Not a string after all: whoever asks parses the whole and judges there.
    return undefined;
  }
}
