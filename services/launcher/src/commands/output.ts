import type { CommandEnvironment } from "./environment.ts";

/** One column of a table: its title, and whether it holds numbers (which end below each other). */
export interface Column {
  readonly title: string;
  readonly numbers?: boolean;
}

/** Prints lines of text. */
export function print(environment: CommandEnvironment, ...lines: readonly string[]): void {
  environment.stdout.write(lines.map((line) => `${line}\n`).join(""));
}

/** Prints a value as JSON; exact amounts become decimal strings. */
export function printJson(environment: CommandEnvironment, value: unknown): void {
  const text = JSON.stringify(value, (_, field: unknown) => (typeof field === "bigint" ? field.toString() : field), 2);
  environment.stdout.write(`${text}\n`);
}

/** Prints an aligned table; `none` is said instead when there is no row. */
export function printTable(
  environment: CommandEnvironment,
  table: { columns: readonly Column[]; rows: readonly (readonly string[])[]; none: string },
): void {
  if (table.rows.length === 0) {
    print(environment, table.none);
    return;
  }
  const titles = table.columns.map((column) => column.title);
  const lines = [titles, ...table.rows.map((row) => row.map(printable))];
  const widths = titles.map((_, index) => Math.max(...lines.map((line) => [...(line[index] ?? "")].length)));
  for (const line of lines) {
    const cells = line.map((cell, index) => pad(cell, widths[index] ?? 0, table.columns[index]?.numbers ?? false));
    print(environment, cells.join("  ").trimEnd());
  }
}

/** A moment for people: minutes are enough in a list; "-" if there is none (0). */
export function moment(ms: number): string {
  return ms === 0 ? "-" : `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")}Z`;
}

/** Text from elsewhere without the characters that could move a terminal's cursor. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, "\ufffd");
}

function pad(cell: string, width: number, numbers: boolean): string {
  const gap = " ".repeat(Math.max(0, width - [...cell].length));
  return numbers ? gap + cell : cell + gap;
}
