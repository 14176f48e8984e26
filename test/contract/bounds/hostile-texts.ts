import { Buffer } from "node:buffer";

/** What hostile texts are made of. */
export interface Material {
  /** Words as people write them. */
  readonly words: readonly string[];
  /** Sentences or lines of ordinary text. */
  readonly lines: readonly string[];
  /** The tokens of a vocabulary that are whole characters, most frequent first. */
  readonly tokens: readonly string[];
}

/** A text unlike what people write, and what kind it is. */
export interface HostileText {
  readonly kind: string;
  readonly text: string;
}

/** Draws the same numbers for the same seed. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** From 0, included, to 1, excluded (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  /** Each order of magnitude as likely as the others. */
  spread(least: number, most: number): number {
    return Math.floor(least * (most / least) ** this.next());
  }

  of<T>(list: readonly T[]): T {
    const one = list[this.below(list.length)];
    if (one === undefined) throw new RangeError("nothing to draw from");
    return one;
  }
}

type Piece = (dice: Dice, material: Material) => string;

/** As many pieces as it takes to fill a length. */
function filled(dice: Dice, piece: () => string): string {
  const length = dice.spread(40, 6_000);
  let text = "";
  while (text.length < length) text += piece();
  return text;
}

const upTo = (dice: Dice, most: number, one: () => string): string[] =>
  Array.from({ length: 1 + dice.below(most) }, one);

const codePoint = (dice: Dice, from: number, to: number): string =>
  String.fromCodePoint(from + dice.below(to - from + 1));

/** One thing over and over, as answers do that have fallen into a loop. */
const LOOPS: Readonly<Record<string, Piece>> = {
  "loop of a word": (dice, { words }) => dice.of(words) + dice.of([" ", " ", "\n", ", ", "", "-", "_"]),
  "loop of a phrase": (dice, { words }) =>
    `${upTo(dice, 12, () => dice.of(words)).join(" ")}${dice.of([" ", ". ", "\n", ", "])}`,
  "loop of a line": (dice, { lines }) => `${dice.of(lines)}\n`,
  "loop of a token": (dice, { tokens }) => dice.of(tokens),
  "loop of tokens": (dice, { tokens }) => upTo(dice, 20, () => dice.of(tokens)).join(""),
  "loop of frequent tokens": (dice, { tokens }) => upTo(dice, 4, () => tokens[dice.below(20_000)] ?? " ").join(""),
  "loop of a character": (dice) => codePoint(dice, 32, dice.of([126, 255, 0x52f, 0x17ff, 0x9fff])),
  "loop of two characters": (dice) => codePoint(dice, 32, 126) + codePoint(dice, 32, dice.of([126, 0x24f, 0x2bff])),
  "loop of an emoji": (dice) => codePoint(dice, 0x1f300, 0x1f6ff) + dice.of(["", "", " ", "\ufe0f", "\u200d"]),
};

/** Pieces drawn from a vocabulary or from words, in no order that makes sense. */
const SALADS: Readonly<Record<string, Piece>> = {
  "any tokens": (dice, { tokens }) => dice.of(tokens),
  "frequent tokens": (dice, { tokens }) => tokens[dice.below(10_000)] ?? " ",
  "middling tokens": (dice, { tokens }) => tokens[10_000 + dice.below(40_000)] ?? " ",
  "words in capitals": (dice, { words }) => `${dice.of(words).toUpperCase()} `,
  "words in odd cases": (dice, { words }) =>
    `${[...dice.of(words)].map((letter, at) => (at % 2 === 0 ? letter : letter.toUpperCase())).join("")} `,
  "words backwards": (dice, { words }) => `${[...dice.of(words)].reverse().join("")} `,
  "words without blanks": (dice, { words }) => dice.of(words),
  "spaced letters": (dice, { words }) => `${[...dice.of(words)].join(" ")}  `,
  "names in code": (dice, { words }) =>
    upTo(dice, 4, () => dice.of(words)).join(dice.of(["_", "-", ".", "::", "/", "->"])) +
    dice.of(["()", ";\n", " = ", ", "]),
  misspelt: (dice, { words }) => {
    const word = dice.of(words);
    const at = dice.below(word.length);
    return `${word.slice(0, at)}${codePoint(dice, 97, 122)}${word.slice(at + 1)} `;
  },
  leet: (dice, { words }) =>
    `${dice.of(words).replaceAll("e", "3").replaceAll("a", "4").replaceAll("i", "1").replaceAll("o", "0")} `,
  "wide letters": (dice, { words }) =>
    `${[...dice.of(words)].map((letter) => String.fromCodePoint(0xfee0 + (letter.codePointAt(0) ?? 97))).join("")} `,
  "letters of mathematics": (dice, { words }) =>
    `${[...dice.of(words)].map((letter) => String.fromCodePoint(0x1d400 + ((letter.codePointAt(0) ?? 97) % 26))).join("")} `,
  "marks over letters": (dice, { words }) =>
    `${[...dice.of(words)].map((letter) => letter + codePoint(dice, 0x300, 0x36f)).join("")} `,
  "read as another encoding": (dice, { tokens }) => Buffer.from(dice.of(tokens), "utf8").toString("latin1"),
};

const hex = (dice: Dice, length: number): string => Array.from({ length }, () => dice.below(16).toString(16)).join("");

/** What machines write. */
const CODES: Readonly<Record<string, Piece>> = {
  base64: (dice) => Buffer.from(hex(dice, 96), "hex").toString("base64"),
  "base64 in lines": (dice) => `${Buffer.from(hex(dice, 114), "hex").toString("base64")}\n`,
  hex: (dice) => hex(dice, 64),
  "hex in capitals": (dice) => `${hex(dice, 2).toUpperCase()} `,
  uuid: (dice) => `${[8, 4, 4, 4, 12].map((length) => hex(dice, length)).join("-")}${dice.of(["\n", ", ", '","'])}`,
  "percent codes": (dice) => `%${hex(dice, 2).toUpperCase()}`,
  "escaped characters": (dice) => `\\u${hex(dice, 4)}`,
  digits: (dice) => `${dice.below(1e9)}`,
  "digits apart": (dice) => `${dice.below(10)} `,
  binary: (dice) => `${dice.below(2)}`,
  genes: (dice) => dice.of(["A", "C", "G", "T"]),
  morse: (dice) => dice.of([".", "-", ".", "-", " ", " / "]),
  keys: (dice) => `${dice.below(2 ** 30).toString(36)}${dice.of(["", "", "_", "-", " "])}`,
  capitals: (dice) => codePoint(dice, 65, 90),
  letters: (dice) => codePoint(dice, 97, 122) + dice.of(["", "", "", "", "", " "]),
  "letters and digits": (dice) => dice.of([codePoint(dice, 97, 122), codePoint(dice, 48, 57), codePoint(dice, 65, 90)]),
  punctuation: (dice) => codePoint(dice, 33, 47) + dice.of(["", "", "", " "]),
  "any of ASCII": (dice) => codePoint(dice, 32, 126),
  rulers: (dice) =>
    dice.of(["-", "=", "*", "#", "_", "~", ".", "─", "═", "█"]).repeat(1 + dice.below(90)) + dice.of(["\n", " ", "|"]),
  "escaped quotes": (dice, { words }) => `${"\\".repeat(1 + dice.below(8))}"${dice.of(words)}`,
  brackets: (dice) => dice.of(["[", "]", "(", ")", "{", "}", "[[", "]]", "{}", "()", ",", " "]),
  "white space": (dice) => dice.of([" ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "\u2003", "      "]),
  "deeply indented": (dice, { words }) => `${dice.of([" ", "\t"]).repeat(dice.below(60))}${dice.of(words)}\n`,
  "control characters": (dice) => codePoint(dice, 0, 31),
};

/** First and last character of ranges of Unicode: alphabets, syllables, ideographs, signs. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  "Latin with marks": [0xc0, 0x24f],
  phonetic: [0x250, 0x2af],
  Greek: [0x370, 0x3ff],
  Cyrillic: [0x400, 0x4ff],
  Armenian: [0x531, 0x586],
  Hebrew: [0x5d0, 0x5ea],
  Arabic: [0x620, 0x6d3],
  Syriac: [0x710, 0x74f],
  Devanagari: [0x904, 0x97f],
  Bengali: [0x985, 0x9cc],
  Tamil: [0xb85, 0xbcd],
  Telugu: [0xc05, 0xc4d],
  Sinhala: [0xd85, 0xddf],
  Thai: [0xe01, 0xe4e],
  Tibetan: [0xf40, 0xfbc],
  Burmese: [0x1000, 0x104f],
  Georgian: [0x10d0, 0x10fa],
  Ethiopic: [0x1200, 0x135a],
  Cherokee: [0x13a0, 0x13f4],
  Khmer: [0x1780, 0x17d2],
  Mongolian: [0x1820, 0x1877],
  "Greek of old": [0x1f00, 0x1fbc],
  "general signs": [0x2010, 0x205e],
  "signs of mathematics": [0x2200, 0x22ff],
  "technical signs": [0x2300, 0x23ff],
  boxes: [0x2500, 0x259f],
  dingbats: [0x2600, 0x27bf],
  Braille: [0x2800, 0x28ff],
  kana: [0x3041, 0x30fe],
  ideographs: [0x4e00, 0x9fff],
  "rare ideographs": [0x3400, 0x4dbf],
  "rarest ideographs": [0x20000, 0x2a6df],
  Yi: [0xa000, 0xa48c],
  Hangul: [0xac00, 0xd7a3],
  "private characters": [0xe000, 0xf8ff],
  cuneiform: [0x12000, 0x12399],
  pictures: [0x1f300, 0x1f9ff],
  flags: [0x1f1e6, 0x1f1ff],
  "invisible tags": [0xe0020, 0xe007f],
  "invisible joiners": [0x200b, 0x200f],
};

function scripts(): Readonly<Record<string, Piece>> {
  const all: Record<string, Piece> = {
    "any characters": (dice) => codePoint(dice, 32, 0xd7ff),
    "mixed scripts": (dice) => {
      const [from, to] = dice.of(Object.values(RANGES));
      return `${upTo(dice, 8, () => codePoint(dice, from, to)).join("")} `;
    },
    "scripts amid words": (dice, { words }) => {
      const [from, to] = dice.of(Object.values(RANGES));
      return `${dice.of(words)} ${upTo(dice, 3, () => codePoint(dice, from, to)).join("")} `;
    },
  };
  for (const [name, [from, to]] of Object.entries(RANGES)) {
    all[name] = (dice) => codePoint(dice, from, to) + dice.of(["", "", "", "", "", " "]);
  }
  return all;
}

const FRESH: Readonly<Record<string, Piece>> = { ...SALADS, ...CODES, ...scripts() };
const FRESH_NAMES = Object.keys(FRESH);
const LOOP_NAMES = Object.keys(LOOPS);

/**
 * Texts that may take far more tokens than they seem to: loops, salads of tokens and words, what machines write, rare scripts, mixtures of
 * these. The same for the same seed and material; kinds are evenly spread.
 */
export function hostileTexts(seed: number, count: number, material: Material): HostileText[] {
  const dice = new Dice(seed);
  return Array.from({ length: count }, (_, at) => {
    if (at % 3 === 0) return loop(dice, material);
    return at % 6 === 1 ? mixture(dice, material) : fresh(dice, material);
  });
}

/** Anything, repeated: now and then with a number that counts up, or after ordinary text. */
function loop(dice: Dice, material: Material): HostileText {
  const kind = dice.next() < 0.75 ? dice.of(LOOP_NAMES) : "loop of anything";
  const one =
    LOOPS[kind]?.(dice, material) ?? upTo(dice, 10, () => FRESH[dice.of(FRESH_NAMES)]?.(dice, material) ?? "").join("");
  let counted = 0;
  const body = filled(dice, dice.next() < 0.2 ? () => `${one}${++counted}. ` : () => one || ".");
  return { kind, text: dice.next() < 0.3 ? `${dice.of(material.lines)}\n${body}` : body };
}

function fresh(dice: Dice, material: Material): HostileText {
  const kind = dice.of(FRESH_NAMES);
  const piece = FRESH[kind];
  return { kind, text: filled(dice, () => piece?.(dice, material) ?? "") };
}

/** A few kinds of pieces by turns. */
function mixture(dice: Dice, material: Material): HostileText {
  const kinds = upTo(dice, 4, () => dice.of(FRESH_NAMES));
  return { kind: "mixture", text: filled(dice, () => FRESH[dice.of(kinds)]?.(dice, material) ?? "") };
}
