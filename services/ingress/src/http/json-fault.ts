/** Where a text stops being JSON: character offset, and the line and column a person would look at, from 1. */
export interface JsonFault {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;
const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const WORD = /true|false|null/y;

/** Finds where a text that `JSON.parse` refused goes wrong. Its nesting must be bounded already. */
export function findJsonFault(text: string): JsonFault {
  const reader = new JsonReader(text);
  reader.value();
  if (!reader.failed) reader.end();
  const offset = Math.min(reader.position, text.length);
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return { offset, line, column: offset - before.lastIndexOf("\n") };
}

/** Walks over JSON without building anything and stops at the first character that does not fit. */
class JsonReader {
  position = 0;
  failed = false;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  value(): void {
    this.space();
    const first = this.text[this.position];
    if (first === "{") this.members("}", true);
    else if (first === "[") this.members("]", false);
    else if (first === '"') this.string();
    else if (!this.match(NUMBER) && !this.match(WORD)) this.failed = true;
    this.space();
  }

  end(): void {
    if (this.position < this.text.length) this.failed = true;
  }

  private members(close: string, named: boolean): void {
    this.position++;
    this.space();
    if (this.take(close)) return;
    while (!this.failed) {
      if (named) this.name();
      if (!this.failed) this.value();
      if (this.failed || this.take(close)) return;
      this.expect(",");
      this.space();
    }
  }

  private name(): void {
    this.string();
    this.space();
    if (!this.failed) this.expect(":");
  }

  private string(): void {
    this.expect('"');
    // A loop and no pattern over the whole string: one that repeats a choice runs out of stack on long texts.
    while (!this.failed) {
      const code = this.text.charCodeAt(this.position);
      if (this.take('"')) return;
      if (code === BACKSLASH ? !this.match(ESCAPE) : !(code >= FIRST_PRINTABLE)) this.failed = true;
      else if (code !== BACKSLASH) this.position++;
    }
  }

  private space(): void {
    if (!this.failed) this.match(SPACE);
  }

  private take(character: string): boolean {
    if (this.text[this.position] !== character) return false;
    this.position++;
    return true;
  }

  private expect(character: string): void {
    if (!this.take(character)) this.failed = true;
  }

  private match(pattern: RegExp): boolean {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text);
    if (found === null) return false;
    this.position += found[0].length;
    return true;
  }
}
