import { PIECE_NUMBER, PIECE_SPACE, PIECE_SYMBOL, type SplitRules, Splitter } from "./splitter.ts";
import { isSure } from "./sure-tokens.ts";
import { KIND, KINDS, notePiece, type Tally } from "./tally.ts";
import { HASH_SEED, HASH_STEP, NO_RANK, PIECE_BYTES_EXACT, type Vocabulary } from "./vocabulary.ts";

/** From here on letters are not Latin. */
const OTHER_SCRIPTS = 0x0250;
/** From here on scripts are rarer; from the second on they are East Asian. */
const RARER_SCRIPTS = 0x0700;
const EAST_ASIAN = 0x2e80;
/** Tokens of these ranks on are rarer ones: the order of a vocabulary is that of frequency. */
const RARE_RANK = 50_000;
const RAREST_RANK = 100_000;
const encoder = new TextEncoder();

/** Counts texts by a vocabulary. One text at a time: not for use by several threads. */
export class TextCounter {
  readonly #splitter: Splitter;
  readonly #vocabulary: Vocabulary;
  #buffer = new Uint8Array(4_096);

  constructor(vocabulary: Vocabulary, rules: SplitRules) {
    this.#vocabulary = vocabulary;
    this.#splitter = new Splitter(rules);
  }

  /** Adds the tokens of a text to a tally. */
  add(text: string, tally: Tally): void {
    const splitter = this.#splitter;
    splitter.open(text);
    while (splitter.next()) this.#piece(text, tally);
  }

  /** The piece the splitter stands at. Told apart by fields, for an object for each of them would cost more than it. */
  #piece(text: string, tally: Tally): void {
    const { start, end, kind } = this.#splitter;
    let hash = HASH_SEED;
    let all = 0;
    for (let unit = start; unit < end; unit++) {
      const code = text.charCodeAt(unit);
      all |= code;
      hash = Math.imul(hash ^ code, HASH_STEP);
    }
    const rank = all < 0x80 ? this.#vocabulary.rankOfAscii(text, start, end, hash) : NO_RANK;
    if (rank === NO_RANK) this.#bytes(text.slice(start, end), { kind, all, hash }, tally);
    else {
      const units = end - start;
      add(tally, { kind: kindOf(kind, all, rank), hash, count: 1, units, bytes: units, rank });
    }
  }

  /** A piece that is not ASCII, or no token as a whole. */
  #bytes(piece: string, { kind, all, hash }: PieceSeen, tally: Tally): void {
    const vocabulary = this.#vocabulary;
    const highest = all < OTHER_SCRIPTS ? all : highestUnit(piece);
    const units = piece.length;
    const bytes = highest < 0x80 ? units : highest < 0x800 ? units * 2 : units * 3;
    const known = vocabulary.mergedBefore(piece);
    if (known !== undefined) {
      add(tally, { kind: kindOf(kind, highest, NO_RANK), hash, count: known, units, bytes, rank: NO_RANK });
      return;
    }
    if (piece.length * 3 > this.#buffer.length) this.#buffer = new Uint8Array(piece.length * 3);
    const length = encoder.encodeInto(piece, this.#buffer).written;
    if (length > PIECE_BYTES_EXACT) tally.cut++;
    const rank = all < 0x80 ? NO_RANK : vocabulary.rankOfBytes(this.#buffer, length);
    const tokens = rank === NO_RANK ? vocabulary.merge(piece, this.#buffer, length) : 1;
    add(tally, { kind: kindOf(kind, highest, rank), hash, count: tokens, units, bytes, rank });
  }
}

/** What is known of a piece before it is cut into tokens. */
interface PieceSeen {
  readonly kind: number;
  /** All its characters, or'ed. */
  readonly all: number;
  readonly hash: number;
}

/** A piece, and what this vocabulary makes of it. */
interface Found {
  readonly kind: number;
  readonly hash: number;
  /** Tokens of the vocabulary. */
  readonly count: number;
  readonly units: number;
  /** Bytes, or somewhat more. */
  readonly bytes: number;
  readonly rank: number;
}

function add(tally: Tally, { kind, hash, count, units, bytes, rank }: Found): void {
  const { tokens } = tally;
  tokens[kind] = (tokens[kind] ?? 0) + count;
  const run = RUNS[kind] ?? NO_RUN;
  if (run === KIND.digit) tokens[run] = (tokens[run] ?? 0) + units;
  else if (run !== NO_RUN && units > count) tokens[run] = (tokens[run] ?? 0) + units - count;
  // No tokenizer makes more tokens of a piece than it has bytes.
  const most = Math.max(0, Math.min(bytes - count, mostBeside(kind, rank) * count));
  notePiece(tally, hash, { bytes, most });
}

/** Tokens that another tokenizer may make of one of this vocabulary's beside itself. */
function mostBeside(kind: number, rank: number): number {
  if (kind === KIND.word || isSure(rank)) return SPREAD_SURE;
  if (kind === KIND.wordPart) return SPREAD_PART;
  return kind === KIND.lesserWord || kind === KIND.rareWord || kind === KIND.rarestWord ? SPREAD_RARE : SPREAD_OTHER;
}

/** For tokens that all others are known to have, for other words, for words in pieces, and for everything else. */
const SPREAD_SURE = 0.2;
const SPREAD_RARE = 1.5;
const SPREAD_PART = 1;
const SPREAD_OTHER = 3;
const NO_RUN = -1;
/** The kinds of which characters are counted too, and where. */
const RUNS = new Int8Array(KINDS).fill(NO_RUN);
RUNS[KIND.wordPart] = KIND.wordPartRun;
RUNS[KIND.number] = KIND.digit;
RUNS[KIND.symbol] = KIND.symbolRun;
RUNS[KIND.symbolPart] = KIND.symbolRun;
RUNS[KIND.otherSymbol] = KIND.otherSymbolRun;
RUNS[KIND.space] = KIND.spaceRun;
RUNS[KIND.ideograph] = KIND.ideographRun;
RUNS[KIND.alphabet] = KIND.alphabetRun;
RUNS[KIND.script] = KIND.scriptRun;

function kindOf(piece: number, highest: number, rank: number): number {
  if (piece === PIECE_NUMBER) return highest >= 0x80 ? KIND.otherSymbol : KIND.number;
  if (piece === PIECE_SYMBOL)
    return highest >= 0x80 ? KIND.otherSymbol : rank === NO_RANK ? KIND.symbolPart : KIND.symbol;
  if (piece === PIECE_SPACE) return KIND.space;
  if (highest >= EAST_ASIAN) return KIND.ideograph;
  if (highest >= RARER_SCRIPTS) return KIND.script;
  if (highest >= OTHER_SCRIPTS) return KIND.alphabet;
  if (rank === NO_RANK) return KIND.wordPart;
  if (isSure(rank)) return KIND.word;
  if (rank < RARE_RANK) return KIND.lesserWord;
  return rank < RAREST_RANK ? KIND.rareWord : KIND.rarestWord;
}

function highestUnit(text: string): number {
  let most = 0;
  for (let at = 0; at < text.length; at++) most = Math.max(most, text.charCodeAt(at));
  return most;
}
