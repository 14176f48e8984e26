/** Kinds of text whose tokens are counted apart, because tokenizers differ in them. Places in a tally. */
export const KIND = {
  /** Words of Latin letters that are one of the vocabulary's frequent tokens. */
  word: 0,
  /** Words of Latin letters that are one of its rare tokens. */
  rareWord: 1,
  /** Tokens of words of Latin letters that take several. */
  wordPart: 2,
  /** Tokens of numbers. */
  number: 3,
  /** Digits, of which a token of a number has up to three. */
  digit: 4,
  /** ASCII punctuation that is a token as a whole. */
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
  /** Characters of ASCII punctuation beyond the first of each token: rulers, operators, brackets. */
  symbolRun: 11,
  /** Characters of white space beyond the first of each token. */
  spaceRun: 12,
  /** Letters of words that take several tokens, beyond the first of each. */
  wordPartRun: 13,
  /** Words of Latin letters between the frequent and the rare ones. */
  lesserWord: 14,
  /** Words of Latin letters that only the largest vocabularies have as one token. */
  rarestWord: 15,
  /** Tokens of ASCII punctuation that takes several, control characters among it. */
  symbolPart: 16,
  /** Characters beyond the first of each token: of other symbols, of East Asian writing, of other alphabets, of rarer scripts. */
  otherSymbolRun: 17,
  ideographRun: 18,
  alphabetRun: 19,
  scriptRun: 20,
  /**
   * How much depends on how few pieces. Weights are right on the whole, not for each piece: what one tokenizer has as one token, another has
   * as three, and a text that repeats it has no others to make up for it.
   */
  spread: 21,
  /** Bytes of the one piece that makes up most of a text, as far as it is more than usual text has of one. */
  dominant: 22,
} as const;

export const KINDS = 23;
/** The kinds that are tokens; the others are characters. */
const TOKEN_KINDS = [
  KIND.word,
  KIND.lesserWord,
  KIND.rareWord,
  KIND.rarestWord,
  KIND.wordPart,
  KIND.number,
  KIND.symbol,
  KIND.symbolPart,
  KIND.otherSymbol,
  KIND.space,
  KIND.ideograph,
  KIND.alphabet,
  KIND.script,
];
/** Pieces are told apart by as many places; those that share one are taken for the same, which only raises the bound. */
const SPREAD_SLOTS = 1_024;
/** Share of a text's bytes that no piece of usual text has. */
const DOMINANT_SHARE = 1 / 4;

/** Tokens by kind, and what they say of the count as a whole. */
export interface Tally {
  readonly tokens: Float64Array;
  /** What each piece adds up to, by its hash: how far its tokens may be off, and its bytes. */
  readonly pieces: Float32Array;
  /** The squares of the former, added up. */
  squares: number;
  /** The largest of the latter. */
  largest: number;
  /** Bytes of all pieces, or somewhat more. */
  bytes: number;
  /** Pieces too long to be counted exactly. */
  cut: number;
}

export function emptyTally(): Tally {
  return {
    tokens: new Float64Array(KINDS),
    pieces: new Float32Array(2 * SPREAD_SLOTS),
    squares: 0,
    largest: 0,
    bytes: 0,
    cut: 0,
  };
}

/** All tokens of a tally. */
export function tokensIn({ tokens }: Tally): number {
  let sum = 0;
  for (const kind of TOKEN_KINDS) sum += tokens[kind] ?? 0;
  return sum;
}

/** Notes a piece that another tokenizer may cut into `most` tokens more than is usual for its kind. */
export function notePiece(tally: Tally, hash: number, piece: { readonly bytes: number; readonly most: number }): void {
  const { pieces } = tally;
  const { bytes, most } = piece;
  const place = ((hash ^ (hash >>> 15)) & (SPREAD_SLOTS - 1)) << 1;
  const before = pieces[place] ?? 0;
  pieces[place] = before + most;
  tally.squares += most * (2 * before + most);
  const sum = (pieces[place + 1] ?? 0) + bytes;
  pieces[place + 1] = sum;
  if (sum > tally.largest) tally.largest = sum;
  tally.bytes += bytes;
}

/** How far the tokens of a text may be from what its kinds take usually: as of a sum of independent things, one for each piece. */
export function spreadOf({ squares }: Tally): number {
  return Math.sqrt(squares);
}

/** Bytes by which one piece takes more of a text than any does usually. */
export function dominantIn({ largest, bytes }: Tally): number {
  return Math.max(0, largest - bytes * DOMINANT_SHARE);
}
