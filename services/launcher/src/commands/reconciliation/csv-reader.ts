import { SluiceError } from "@sluice/platform/errors";
import type { FileRecord } from "./records.ts";

/** Longest record in characters. */
const RECORD_MAX = 1_048_576;
const COLUMNS_MAX = 1_000;
const SEPARATORS = [",", "\t", ";"] as const;

/** Which sign separates the columns, from the line with their names. */
function separatorOf(head: string): string {
  const counts = SEPARATORS.map((sign) => ({ sign, count: head.split(sign).length }));
  return counts.reduce((most, each) => (each.count > most.count ? each : most)).sign;
}

/** Reads CSV by RFC 4180 (or with tabs or semicolons) in whatever pieces it comes; quoted cells may hold line ends. */
export class CsvReader {
  #separator: string | undefined;
  #names: readonly string[] | undefined;
  #cells: string[] = [];
  #cell = "";
  #size = 0;
  #quoted = false;
  /** True after a quote inside a quoted cell: another one makes it a sign, anything else ends the cell. */
  #quoteSeen = false;
  #line = 1;
  #recordLine = 1;
  /** Text of which the separator is not known yet. */
  #head = "";

  /** Records that are complete with this text. @throws invalid_request for a record without an end */
  *push(text: string): Generator<FileRecord, void> {
    if (this.#separator === undefined) {
      this.#head += text;
      const end = this.#head.search(/[\r\n]/);
      if (end === -1 && this.#head.length <= RECORD_MAX) return;
      this.#separator = separatorOf(this.#head.slice(0, end === -1 ? undefined : end));
      yield* this.#take(this.#head);
      return;
    }
    yield* this.#take(text);
  }

  /** The record that no line end follows. @throws invalid_request for a quote without its end */
  *end(): Generator<FileRecord, void> {
    if (this.#separator === undefined) {
      this.#separator = separatorOf(this.#head);
      yield* this.#take(this.#head);
    }
    if (this.#quoted && !this.#quoteSeen) throw broken(this.#recordLine, "a quote that does not end");
    yield* this.#endRecord();
  }

  *#take(text: string): Generator<FileRecord, void> {
    for (const sign of text) {
      this.#size += 1;
      if (this.#size > RECORD_MAX) throw broken(this.#recordLine, `a record of more than ${RECORD_MAX} characters`);
      if (sign === "\n") this.#line += 1;
      if (this.#quoted && !this.#endsQuote(sign)) continue;
      if (sign === '"' && this.#cell === "") this.#quoted = true;
      else if (sign === this.#separator) this.#endCell();
      else if (sign === "\n") yield* this.#endRecord();
      else if (sign !== "\r") this.#cell += sign;
    }
  }

  /** Inside quotes; true if this sign is outside again. */
  #endsQuote(sign: string): boolean {
    if (this.#quoteSeen) {
      this.#quoteSeen = false;
      if (sign === '"') {
        this.#cell += sign;
        return false;
      }
      this.#quoted = false;
      return true;
    }
    if (sign === '"') this.#quoteSeen = true;
    else this.#cell += sign;
    return false;
  }

  #endCell(): void {
    this.#cells.push(this.#cell.trim());
    if (this.#cells.length > COLUMNS_MAX) throw broken(this.#recordLine, `more than ${COLUMNS_MAX} columns`);
    this.#cell = "";
  }

  *#endRecord(): Generator<FileRecord, void> {
    this.#endCell();
    this.#quoted = false;
    this.#quoteSeen = false;
    const [cells, line] = [this.#cells, this.#recordLine];
    this.#cells = [];
    this.#size = 0;
    this.#recordLine = this.#line;
    if (cells.every((cell) => cell === "")) return;
    if (this.#names === undefined) {
      this.#names = cells.map((name) => name.toLowerCase());
      return;
    }
    if (cells.length > this.#names.length)
      throw broken(line, `${cells.length} cells under ${this.#names.length} names`);
    const entries = this.#names.map((name, index): [string, string] => [name, cells[index] ?? ""]);
    yield { line, fields: new Map(entries.filter(([, cell]) => cell !== "")) };
  }
}

function broken(line: number, what: string): SluiceError {
  return new SluiceError("invalid_request", `Line ${line} of the file has ${what}: it is no CSV.`);
}
