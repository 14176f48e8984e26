import { PIECE_NUMBER, PIECE_SPACE, PIECE_SYMBOL, type SplitRules, Splitter } from "./splitter.ts";
import { isSure } from "./sure-tokens.ts";
import { KIND, KINDS, noteBytes, noteSpread, type Tally } from "./tally.ts";
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
  // What is known of the piece at hand, in fields: an object for each of them would cost more than the rest.
  #hash = 0;
  #units = 0;
  /** Bytes, or somewhat more. */
  #bytes = 0;
  #rank = NO_RANK;

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

  /** The piece the splitter stands at. */
  #piece(text: string, tally: Tally): void {
    const { start, end, kind } = this.#splitter;
    let hash = HASH_SEED;
    let all = 0;
    for (let unit = start; unit < end; unit++) {
      const code = text.charCodeAt(unit);
      all |= code;
      hash = Math.imul(hash ^ code, HASH_STEP);
    }
    this.#hash = hash;
    this.#units = end - start;
    this.#bytes = end - start;
    this.#rank = all < 0x80 ? this.#vocabulary.rankOfAscii(text, start, end, hash) : NO_RANK;
    if (this.#rank === NO_RANK) this.#cut(text.slice(start, end), all, tally);
    else this.#enter(tally, kindOf(kind, all, this.#rank), 1);
  }

  /** A piece that is not ASCII, or no token as a whole; `all` are its characters, or'ed. */
  #cut(piece: string, all: number, tally: Tally): void {
    const vocabulary = this.#vocabulary;
    const { kind } = this.#splitter;
    const highest = all < OTHER_SCRIPTS ? all : highestUnit(piece);
    this.#bytes = highest < 0x80 ? piece.length : piece.length * (highest < 0x800 ? 2 : 3);
    const known = vocabulary.mergedBefore(piece);
    if (known !== undefined) {
      this.#enter(tally, kindOf(kind, highest, NO_RANK), known);
      return;
    }
    if (piece.length * 3 > this.#buffer.length) this.#buffer = new Uint8Array(piece.length * 3);
    const length = encoder.encodeInto(piece, this.#buffer).written;
    if (length > PIECE_BYTES_EXACT) tally.cut++;
    this.#rank = all < 0x80 ? NO_RANK : vocabulary.rankOfBytes(this.#buffer, length);
    const tokens = this.#rank === NO_RANK ? vocabulary.merge(piece, this.#buffer, length) : 1;
    this.#enter(tally, kindOf(kind, highest, this.#rank), tokens);
  }

  /** Adds a piece of so many tokens to a tally. */
  #enter(tally: Tally, kind: number, count: number): void {
    const { tokens } = tally;
    tokens[kind] = (tokens[kind] ?? 0) + count;
    const run = RUNS[kind] ?? NO_RUN;
    const units = this.#units;
    if (run === KIND.digit) tokens[run] = (tokens[run] ?? 0) + units;
    else if (run !== NO_RUN && units > count) tokens[run] = (tokens[run] ?? 0) + units - count;
    const bytes = this.#bytes;
    noteBytes(tally, this.#hash, bytes);
    // No tokenizer makes more tokens of a piece than it has bytes.
    if (bytes > count) noteSpread(tally, this.#hash, Math.min(bytes - count, mostBeside(kind, this.#rank) * count));
  }
}

/** Tokens that another tokenizer may make of one of this vocabulary's beside itself. */
function mostBeside(kind: number, rank: number): number {
  if (kind === KIND.word || isSure(rank)) return SPREAD_SURE;
  return SPREAD[kind] ?? SPREAD_OTHER;
}

/** For tokens that all others are known to have, for other words, for words in pieces, and for everything else. */
const SPREAD_SURE = 0.2;
const SPREAD_RARE = 1.5;
const SPREAD_PART = 1;
const SPREAD_OTHER = 3;
const SPREAD = new Float64Array(KINDS).fill(SPREAD_OTHER);
for (const kind of [KIND.lesserWord, KIND.rareWord, KIND.rarestWord]) SPREAD[kind] = SPREAD_RARE;
SPREAD[KIND.wordPart] = SPREAD_PART;
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
