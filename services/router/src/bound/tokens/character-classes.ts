/** May begin a word: capitals, and letters without case. */
export const UPPER = 1;
/** May go on in a word: small letters, and letters without case. */
export const LOWER = 2;
export const LETTER = 4;
export const NUMBER = 8;
export const SPACE = 16;
export const NEWLINE = 32;
/** Set for every character that has been looked at. */
const KNOWN = 64;

const CLASSES: readonly (readonly [RegExp, number])[] = [
  [/[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]/u, UPPER],
  [/[\p{Ll}\p{Lm}\p{Lo}\p{M}]/u, LOWER],
  [/\p{L}/u, LETTER],
  [/\p{N}/u, NUMBER],
  [/\s/u, SPACE],
  [/[\r\n]/u, NEWLINE],
];

/** Filled as characters are met: asking the regular expressions for all of Unicode would take a fifth of a second. */
const table = new Uint8Array(0x11_0000);

/** The classes of a code point, as bits. */
export function classOf(codePoint: number): number {
  const known = table[codePoint] ?? 0;
  return known === 0 ? learn(codePoint) : known;
}

/** The classes of the ASCII characters, most of all text. */
export const ASCII_CLASSES = Uint8Array.from({ length: 0x80 }, (_, code) => learn(code));

function learn(codePoint: number): number {
  const character = String.fromCodePoint(codePoint);
  let bits = KNOWN;
  for (const [pattern, bit] of CLASSES) if (pattern.test(character)) bits |= bit;
  table[codePoint] = bits;
  return bits;
}
