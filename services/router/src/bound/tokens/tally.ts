/** Kinds of text whose tokens are counted apart, because tokenizers differ in them. Places in a tally. */
export const KIND = {
  /** Words of Latin letters that are one of the vocabulary's frequent tokens. */
  word: 0,
  /** Words of Latin letters that are one of its rarer tokens. */
  rareWord: 1,
  /** Tokens of words of Latin letters that take several. */
  wordPart: 2,
  /** Tokens of numbers. */
  number: 3,
  /** Digits, of which a token of a number has up to three. */
  digit: 4,
  /** Tokens of ASCII punctuation. */
  symbol: 5,
  /** Tokens of other symbols, emoji among them. */
  otherSymbol: 6,
  space: 7,
  /** Tokens of Chinese, Japanese and Korean words. */
  ideograph: 8,
  /** Tokens of words in other alphabets: Greek, Cyrillic, Armenian, Hebrew, Arabic. */
  alphabet: 9,
  /** Tokens of words in scripts that are rarer in what models read. */
  script: 10,
  /** Characters of symbols beyond the first of each token: rulers, operators, brackets. */
  symbolRun: 11,
  /** Characters of white space beyond the first of each token. */
  spaceRun: 12,
  /** Letters of words that take several tokens, beyond the first of each. */
  wordPartRun: 13,
} as const;

export const KINDS = 14;
/** The kinds below this one are tokens; `digit` and those from here on are characters. */
const TOKEN_KINDS = 11;

/** Tokens by kind, and what they say of the count as a whole. */
export interface Tally {
  readonly tokens: Float64Array;
  /** Pieces too long to be counted exactly. */
  cut: number;
}

export function emptyTally(): Tally {
  return { tokens: new Float64Array(KINDS), cut: 0 };
}

/** All tokens of a tally. */
export function tokensIn({ tokens }: Tally): number {
  let sum = -(tokens[KIND.digit] ?? 0);
  for (let kind = 0; kind < TOKEN_KINDS; kind++) sum += tokens[kind] ?? 0;
  return sum;
}
