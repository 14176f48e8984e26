import { ASCII_CLASSES, classOf, LETTER, LOWER, NEWLINE, NUMBER, SPACE, UPPER } from "./character-classes.ts";

/** What a piece of text is. */
export const PIECE_WORD = 0;
export const PIECE_NUMBER = 1;
export const PIECE_SYMBOL = 2;
export const PIECE_SPACE = 3;

/** Which rules cut words: `cased` ones begin a new piece at a capital within a word, `plain` ones do not. */
export type SplitRules = "cased" | "plain";

const NUMBER_LENGTH = 3;
const SLASH = 47;
const QUOTE = 39;
const BLANK = 32;

/**
 * Cuts a text into the pieces that a vocabulary is applied to, exactly as the published patterns of the vocabularies do. By hand, for
 * regular expressions over classes of Unicode took most of the time of counting.
 */
export class Splitter {
  /** Where the piece `next` found begins. */
  start = 0;
  /** Where it ends. */
  end = 0;
  /** What it is. */
  kind = PIECE_WORD;
  readonly #cased: boolean;
  #text = "";
  #length = 0;

  constructor(rules: SplitRules) {
    this.#cased = rules === "cased";
  }

  open(text: string): void {
    this.#text = text;
    this.#length = text.length;
    this.end = 0;
  }

  /** Finds the next piece; false at the end of the text. */
  next(): boolean {
    const from = this.end;
    this.start = from;
    if (from >= this.#length) return false;
    const usual = this.#usualWord(from);
    if (usual > from) {
      this.end = usual;
      return this.#found(PIECE_WORD);
    }
    const first = this.#classAt(from);
    if (this.#takeWord(from, first)) return this.#found(PIECE_WORD);
    if ((first & NUMBER) !== 0) {
      this.end = this.#numberEnd(from);
      return this.#found(PIECE_NUMBER);
    }
    if (this.#takeSymbols(from)) return this.#found(PIECE_SYMBOL);
    this.end = this.#spaceEnd(from);
    return this.#found(PIECE_SPACE);
  }

  #found(kind: number): true {
    this.kind = kind;
    return true;
  }

  /** The end of a word as most are: a blank or none, a capital or none, small letters, then something that is no letter. */
  #usualWord(from: number): number {
    const text = this.#text;
    let at = text.charCodeAt(from) === BLANK ? from + 1 : from;
    let bits = ASCII_CLASSES[text.charCodeAt(at)] ?? 0;
    if ((bits & UPPER) !== 0) bits = ASCII_CLASSES[text.charCodeAt(++at)] ?? 0;
    if ((bits & LOWER) === 0) return from;
    while ((bits & LOWER) !== 0) bits = ASCII_CLASSES[text.charCodeAt(++at)] ?? 0;
    // Nought is beyond ASCII, or the end of the text.
    if (bits === 0 || (bits & LETTER) !== 0 || text.charCodeAt(at) === QUOTE) return from;
    return at;
  }

  #takeWord(from: number, first: number): boolean {
    const mayLead = (first & (LETTER | NUMBER | NEWLINE)) === 0;
    const inner = mayLead ? from + this.#width(from) : from;
    if (!this.#cased) return this.#takePlain(from, inner);
    const end = this.#casedEnd(from, inner);
    if (end === from) return false;
    this.end = this.#contraction(end);
    return true;
  }

  #takePlain(from: number, inner: number): boolean {
    const contraction = this.#contraction(from);
    const end = contraction > from ? contraction : this.#run(inner, LETTER);
    if (end === inner && contraction === from) return false;
    this.end = end;
    return true;
  }

  /** Small letters after capitals first, in either reading of the leading character; then capitals alone. */
  #casedEnd(from: number, inner: number): number {
    const led = this.#mixedEnd(inner);
    if (led > inner) return led;
    const bare = inner === from ? inner : this.#mixedEnd(from);
    if (bare > from) return bare;
    const capitals = this.#run(inner, UPPER);
    if (capitals > inner) return capitals;
    return inner === from ? from : this.#run(from, UPPER);
  }

  /** Any capitals, then at least one small letter; a letter without case is taken back from the capitals if need be. */
  #mixedEnd(from: number): number {
    const capitals = this.#run(from, UPPER);
    const end = this.#run(capitals, LOWER);
    if (end > capitals) return end;
    for (let at = capitals; at > from; ) {
      const start = at - this.#widthBefore(at);
      if ((this.#classAt(start) & LOWER) !== 0) return at;
      at = start;
    }
    return from;
  }

  #numberEnd(from: number): number {
    let at = from;
    for (let digits = 0; digits < NUMBER_LENGTH && at < this.#length; digits++) {
      if ((this.#classAt(at) & NUMBER) === 0) break;
      at += this.#width(at);
    }
    return at;
  }

  #takeSymbols(from: number): boolean {
    const text = this.#text;
    const begin = text.charCodeAt(from) === BLANK ? from + 1 : from;
    let at = begin;
    while (at < this.#length && (this.#classAt(at) & (SPACE | LETTER | NUMBER)) === 0) at += this.#width(at);
    if (at === begin) return false;
    for (; at < this.#length; at++) {
      const code = text.charCodeAt(at);
      if (code !== 10 && code !== 13 && !(this.#cased && code === SLASH)) break;
    }
    this.end = at;
    return true;
  }

  /** White space up to its last line break; else all of it but the last character, which belongs to what follows. */
  #spaceEnd(from: number): number {
    let at = from;
    let broken = from;
    while (at < this.#length) {
      const bits = this.#classAt(at);
      if ((bits & SPACE) === 0) break;
      at++;
      if ((bits & NEWLINE) !== 0) broken = at;
    }
    if (at === this.#length && !this.#cased) return at;
    if (broken > from) return broken;
    if (at === this.#length || at - from === 1) return at;
    return at - 1;
  }

  /** The end of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` at a place; the place itself if there is none. */
  #contraction(at: number): number {
    const text = this.#text;
    if (text.charCodeAt(at) !== QUOTE) return at;
    const first = text.charCodeAt(at + 1) | 32;
    if (first === 115 || first === 116 || first === 109 || first === 100) return at + 2;
    const second = text.charCodeAt(at + 2) | 32;
    if ((first === 114 || first === 118) && second === 101) return at + 3;
    return first === 108 && second === 108 ? at + 3 : at;
  }

  #run(from: number, bits: number): number {
    const text = this.#text;
    const length = this.#length;
    let at = from;
    while (at < length) {
      const code = text.charCodeAt(at);
      if (code >= 0x80) break;
      if (((ASCII_CLASSES[code] ?? 0) & bits) === 0) return at;
      at++;
    }
    while (at < length && (this.#classAt(at) & bits) !== 0) at += this.#width(at);
    return at;
  }

  #classAt(at: number): number {
    const code = this.#text.charCodeAt(at);
    if (code < 0x80) return ASCII_CLASSES[code] ?? 0;
    return classOf(code >= 0xd800 && code <= 0xdbff ? (this.#text.codePointAt(at) ?? code) : code);
  }

  #width(at: number): number {
    const code = this.#text.charCodeAt(at);
    if (code < 0xd800 || code > 0xdbff) return 1;
    return (this.#text.codePointAt(at) ?? code) > 0xffff ? 2 : 1;
  }

  #widthBefore(at: number): number {
    const code = this.#text.charCodeAt(at - 1);
    return code >= 0xdc00 && code <= 0xdfff && at >= 2 && this.#width(at - 2) === 2 ? 2 : 1;
  }
}
