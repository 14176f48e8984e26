/**
 * How many tokens a text has, without any provider's tokenizer: a little more than the tokenizers in use make of it, for prose, code,
 * tables and figures in the common scripts. Costs are thousandths of a token. They follow what tokenizers have in common: a word takes
 * the space before it and breaks into pieces the longer and the rarer it is, digits stand in small groups, marks stand alone or with
 * their like, and letters of less common scripts are worth a piece of a token each, up to several tokens.
 */
const TOKEN = 1_000;

type Kind = "none" | "lower" | "upper" | "digit" | "space" | "line" | "mark" | "script" | "dense";

/** Letters that a usual word may have before each further one costs; those of a long word cost more. */
const WORD_FREE = 5;
const WORD_LONG = 9;
/** Consonants in a row that a usual word may have. */
const CLUSTER = 3;
const COST = {
  wordLetter: 170,
  longWordLetter: 320,
  /** Each consonant beyond the usual ones: names, codes and random letters break into small pieces. */
  consonant: 500,
  /** Each further capital in a row. */
  capital: 420,
  digit: 900,
  /** Each further space in a row. */
  spaceOn: 60,
  lineOn: 150,
  /** The same letter or mark once more. */
  same: 130,
  /** Another mark in a row. */
  markOther: 650,
  /** Each letter outside ASCII: Latin with accents; Greek, Cyrillic, Hebrew, Arabic; other alphabets; ideographs, kana, hangul. */
  accented: 650,
  script: 520,
  heavy: 1_100,
  dense: 1_050,
  /** Each half of a pair outside the basic plane: emoji take several. */
  surrogate: 1_600,
} as const;

function asciiKind(code: number): Kind {
  if (code >= 97 && code <= 122) return "lower";
  if (code >= 65 && code <= 90) return "upper";
  if (code >= 48 && code <= 57) return "digit";
  if (code === 32 || code === 9) return "space";
  return code === 10 || code === 13 ? "line" : "mark";
}

/** Kind and cost of a letter outside ASCII. */
function foreign(code: number): readonly [Kind, number] {
  if (code >= 0xd800 && code <= 0xdfff) return ["dense", COST.surrogate];
  if (code < 0xc0) return ["mark", TOKEN];
  if (code < 0x370) return ["lower", COST.accented];
  if (code < 0x700) return ["script", COST.script];
  if (code >= 0x2000 && code < 0x2e80) return ["mark", TOKEN];
  if (code >= 0x2e80 && code < 0xff00) return ["dense", COST.dense];
  return ["script", COST.heavy];
}

/** Counts a text that may come in pieces; where it is cut makes no difference. */
export class TextTokens {
  #cost = 0;
  #kind: Kind = "none";
  #last = 0;
  /** Length of the run of `#kind`. */
  #run = 0;
  /** Consonants in a row. */
  #cluster = 0;
  /** Times the last letter was repeated. */
  #same = 0;

  add(text: string): void {
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code < 0x80) this.#step(asciiKind(code), code);
      else this.#foreign(code);
      this.#last = code;
    }
  }

  /** What comes next is another text: a word does not go on in it. */
  pause(): void {
    this.#kind = "none";
    this.#run = 0;
  }

  /** Whole tokens so far, rounded up. */
  get tokens(): number {
    return Math.ceil(this.#cost / TOKEN);
  }

  #foreign(code: number): void {
    const [kind, cost] = foreign(code);
    if (kind === "mark") {
      this.#step(kind, code);
      return;
    }
    const goesOn = kind === this.#kind;
    // A first letter is worth a token; in the scripts where every letter may be one, the cost says so already.
    this.#cost += goesOn || kind === "dense" ? cost : Math.max(TOKEN, cost);
    this.#run = goesOn ? this.#run + 1 : 1;
    this.#kind = kind;
  }

  #step(kind: Kind, code: number): void {
    const before = this.#kind;
    const goesOn = kind === before || (kind === "lower" && before === "upper");
    this.#run = goesOn ? this.#run + 1 : 1;
    if (!goesOn) this.#cluster = 0;
    this.#kind = kind;
    this.#cost += goesOn ? this.#further(kind, code) : firstOf(kind, before);
  }

  #letter(code: number): number {
    this.#same = code === this.#last ? this.#same + 1 : 0;
    // The same letter over and over makes tokens of its own kind.
    if (this.#same > 1) return COST.same;
    this.#cluster = isVowel(code) ? 0 : this.#cluster + 1;
    const hard = this.#cluster > CLUSTER ? COST.consonant : 0;
    if (this.#run > WORD_LONG) return COST.longWordLetter + hard;
    return this.#run > WORD_FREE ? COST.wordLetter + hard : hard;
  }

  #further(kind: Kind, code: number): number {
    switch (kind) {
      case "lower":
        return this.#letter(code);
      case "upper":
        return COST.capital;
      case "digit":
        return COST.digit;
      case "space":
        return this.#run === 2 ? TOKEN : COST.spaceOn;
      case "line":
        return COST.lineOn;
      default:
        return code === this.#last ? COST.same : COST.markOther;
    }
  }
}

/** True for a, e, i, o, u and y. */
function isVowel(code: number): boolean {
  return code === 97 || code === 101 || code === 105 || code === 111 || code === 117 || code === 121;
}

/** A single space belongs to the word or mark after it, but never to a figure. */
function firstOf(kind: Kind, before: Kind): number {
  if (kind === "space") return 0;
  return kind === "digit" && before === "space" ? 2 * TOKEN : TOKEN;
}

/** Tokens of a whole text. */
export function tokensOf(text: string): number {
  const count = new TextTokens();
  count.add(text);
  return count.tokens;
}
