/** A cell of a table: text from elsewhere, or a number that is written as it is. */
export type Cell = string | bigint | number | boolean | Decimal;

/** What spreadsheets take for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * A line of CSV by RFC 4180. Text that a spreadsheet would run as a formula gets an apostrophe before it: what callers name their tags must
 * not do anything on the machine of whoever opens the file. Numbers are written by this program and stay numbers, negative ones too.
 */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(cellText).join(",")}\r\n`;
}

function cellText(cell: Cell): string {
  if (typeof cell !== "string") return String(cell);
  const safe = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A number with an exact decimal fraction, which no quotes or apostrophes are for. */
export class Decimal {
  readonly #text: string;

  /** `units` of 10^-digits. */
  constructor(units: bigint, digits: number) {
    const sign = units < 0n ? "-" : "";
    const text = (units < 0n ? -units : units).toString().padStart(digits + 1, "0");
    this.#text = digits === 0 ? `${sign}${text}` : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
  }

  toString(): string {
    return this.#text;
  }
}
