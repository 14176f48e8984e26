import { PIECE_NUMBER, PIECE_SPACE, PIECE_SYMBOL, type SplitRules, Splitter } from "./splitter.ts";
import { KIND, type Tally } from "./tally.ts";
import { HASH_SEED, HASH_STEP, NO_RANK, PIECE_BYTES_EXACT, type Vocabulary } from "./vocabulary.ts";

/** From here on letters are not Latin. */
const OTHER_SCRIPTS = 0x0250;
/** From here on scripts are rarer; from the second on they are East Asian. */
const RARER_SCRIPTS = 0x0700;
const EAST_ASIAN = 0x2e80;
/** Tokens of this rank on are rarer ones: the order of a vocabulary is that of frequency. */
const RARE_RANK = 50_000;
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
    if (rank === NO_RANK) this.#bytes(text.slice(start, end), { kind, all }, tally);
    else add(tally, kindOf(kind, all, rank), 1, end - start);
  }

  /** A piece that is not ASCII, or no token as a whole. */
  #bytes(piece: string, { kind, all }: { readonly kind: number; readonly all: number }, tally: Tally): void {
    const vocabulary = this.#vocabulary;
    const highest = all < OTHER_SCRIPTS ? all : highestUnit(piece);
    const known = vocabulary.mergedBefore(piece);
    if (known !== undefined) {
      add(tally, kindOf(kind, highest, NO_RANK), known, piece.length);
      return;
    }
    if (piece.length * 3 > this.#buffer.length) this.#buffer = new Uint8Array(piece.length * 3);
    const length = encoder.encodeInto(piece, this.#buffer).written;
    if (length > PIECE_BYTES_EXACT) tally.cut++;
    const rank = all < 0x80 ? NO_RANK : vocabulary.rankOfBytes(this.#buffer, length);
    const tokens = rank === NO_RANK ? vocabulary.merge(piece, this.#buffer, length) : 1;
    add(tally, kindOf(kind, highest, rank), tokens, piece.length);
  }
}

function add({ tokens }: Tally, kind: number, count: number, units: number): void {
  tokens[kind] = (tokens[kind] ?? 0) + count;
  const run = RUNS[kind] ?? NO_RUN;
  if (run !== NO_RUN) tokens[run] = (tokens[run] ?? 0) + units - (run === KIND.digit ? 0 : count);
}

const NO_RUN = -1;
/** The kinds of which characters are counted too, and where. */
const RUNS = Int8Array.of(
  NO_RUN,
  NO_RUN,
  KIND.wordPartRun,
  KIND.digit,
  NO_RUN,
  KIND.symbolRun,
  KIND.symbolRun,
  KIND.spaceRun,
);

function kindOf(piece: number, highest: number, rank: number): number {
  if (piece === PIECE_NUMBER) return KIND.number;
  if (piece === PIECE_SYMBOL) return highest < 0x80 ? KIND.symbol : KIND.otherSymbol;
  if (piece === PIECE_SPACE) return KIND.space;
  if (highest >= EAST_ASIAN) return KIND.ideograph;
  if (highest >= RARER_SCRIPTS) return KIND.script;
  if (highest >= OTHER_SCRIPTS) return KIND.alphabet;
  if (rank === NO_RANK) return KIND.wordPart;
  return rank < RARE_RANK ? KIND.word : KIND.rareWord;
}

function highestUnit(text: string): number {
  let most = 0;
  for (let at = 0; at < text.length; at++) most = Math.max(most, text.charCodeAt(at));
  return most;
}
