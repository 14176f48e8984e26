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
  pieces: Float32Array;
  /** The squares of the former, added up. */
  squares: number;
  /** The largest of the latter. */
  largest: number;
  /** Bytes of all pieces, or somewhat more. */
  bytes: number;
  /** Pieces too long to be counted exactly. */
  cut: number;
}

/** Places of tallies that are closed: to make new ones for each prompt would take longer than to fill them. */
const spare: Float32Array[] = [];
const SPARE_MAX = 16;
const NO_PIECES = new Float32Array(0);

export function emptyTally(): Tally {
  const pieces = spare.pop() ?? new Float32Array(2 * SPREAD_SLOTS);
  return { tokens: new Float64Array(KINDS), pieces, squares: 0, largest: 0, bytes: 0, cut: 0 };
}

/** Gives back what is needed only while counting; nothing is added to the tally from here on. */
export function closeTally(tally: Tally): void {
  const { pieces } = tally;
  tally.pieces = NO_PIECES;
  if (pieces === NO_PIECES || spare.length >= SPARE_MAX) return;
  pieces.fill(0);
  spare.push(pieces);
}

/** All tokens of a tally. */
export function tokensIn({ tokens }: Tally): number {
  let sum = 0;
  for (const kind of TOKEN_KINDS) sum += tokens[kind] ?? 0;
  return sum;
}

const placeOf = (hash: number): number => ((hash ^ (hash >>> 15)) & (SPREAD_SLOTS - 1)) << 1;

/** Notes that another tokenizer may make `most` tokens more of a piece than is usual for its kind. */
export function noteSpread(tally: Tally, hash: number, most: number): void {
  const place = placeOf(hash);
  const before = tally.pieces[place] ?? 0;
  tally.pieces[place] = before + most;
  tally.squares += most * (2 * before + most);
}

/** Notes how many bytes a piece has. */
export function noteBytes(tally: Tally, hash: number, bytes: number): void {
  const place = placeOf(hash) + 1;
  const sum = (tally.pieces[place] ?? 0) + bytes;
  tally.pieces[place] = sum;
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
