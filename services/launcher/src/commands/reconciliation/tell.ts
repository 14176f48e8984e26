import { formatUsd } from "../amounts.ts";
import type { CommandEnvironment } from "../environment.ts";
import { print, printJson, printTable } from "../output.ts";
import type { Pair } from "./compare.ts";
import type { Days } from "./tally.ts";

/** A pair, what it is apart in nano-USD (undefined: unpriced), and what became of it. */
export interface Row {
  readonly pair: Pair;
  readonly difference: bigint | undefined;
  readonly agrees: boolean;
  readonly posted: boolean;
}

/** All that a comparison found out. */
export interface Outcome {
  readonly provider: string;
  readonly file: string;
  readonly digest: string;
  readonly period: Days;
  /** Records of the file that were compared. */
  readonly records: number;
  /** Records of other providers. */
  readonly foreign: number;
  readonly rows: readonly Row[];
  /** Entries that were posted; undefined if none were asked for. */
  readonly ids: readonly string[] | undefined;
}

/** Says what differs: as a table with a line per token class and amount, or as JSON. */
export function tell(environment: CommandEnvironment, outcome: Outcome): void {
  const apart = outcome.rows.filter(({ agrees }) => !agrees);
  if (environment.json()) {
    printJson(environment, jsonOf(outcome, apart));
    return;
  }
  printTable(environment, {
    columns: [
      { title: "DAY" },
      { title: "MODEL" },
      { title: "WHAT" },
      { title: "PROVIDER", numbers: true },
      { title: "LEDGER", numbers: true },
      { title: "DIFFERENCE", numbers: true },
    ],
    rows: apart.flatMap(linesOf),
    none: "Nothing differs.",
  });
  print(environment, ...summaryOf(outcome, apart));
}

function linesOf({ pair, difference }: Row): readonly (readonly string[])[] {
  const names = pair.model === "" ? "(no model)" : pair.model;
  const where = [pair.day, pair.attempts === 0n ? `${names} (not in the ledger)` : names];
  const classes = pair.classes
    .filter(({ billed, booked }) => billed !== booked)
    .map(({ name, billed, booked }) => [...where, wordOf(name), `${billed}`, `${booked}`, signed(billed - booked)]);
  const billed = pair.billedNano === undefined ? "-" : formatUsd(pair.billedNano);
  const apart = difference === undefined ? "unpriced" : signedUsd(difference);
  return [...classes, [...where, "USD", billed, formatUsd(pair.bookedNano), apart]];
}

const wordOf = (name: string): string => name.replace(/_tokens$/, "").replaceAll("_", " ");
const signed = (value: bigint): string => (value > 0n ? `+${value}` : `${value}`);
const signedUsd = (nanousd: bigint): string => (nanousd > 0n ? `+${formatUsd(nanousd)}` : formatUsd(nanousd));

function summaryOf(outcome: Outcome, apart: readonly Row[]): readonly string[] {
  const { period, provider, rows, records, foreign, ids } = outcome;
  const unpriced = apart.filter(({ difference }) => difference === undefined).length;
  const pairs = `${rows.length - apart.length} of ${rows.length} pairs of day and model agree`;
  const left = unpriced === 0 ? "" : `; ${unpriced} have no price and cannot be posted`;
  const others = foreign === 0 ? "" : ` (${foreign} of other providers left out)`;
  return [
    `${provider}, ${period.first} to ${period.last}, ${records} records${others}: ${pairs}, together apart by ${signedUsd(sumOf(apart))} USD${left}.`,
    ...(ids === undefined
      ? apart.length > unpriced
        ? ["Run it again with --post to post compensating entries."]
        : []
      : [`Posted ${ids.length} compensating entries.`]),
  ];
}

function sumOf(rows: readonly Row[]): bigint {
  return rows.reduce((sum, { difference }) => sum + (difference ?? 0n), 0n);
}

function jsonOf(outcome: Outcome, apart: readonly Row[]) {
  const { provider, file, digest, period, records, foreign, rows, ids } = outcome;
  return {
    provider,
    file,
    digest: `sha256:${digest}`,
    period: { from: period.first, to: period.last },
    records,
    records_of_others: foreign,
    agree: rows.length - apart.length,
    differ: apart.length,
    difference_nanousd: sumOf(apart),
    differences: apart.map(({ pair, difference, posted }) => ({
      provider: pair.provider,
      day: pair.day,
      model: pair.model,
      billed_as: pair.billedAs,
      attempts: pair.attempts,
      tokens: pair.classes.map(({ name, billed, booked }) => ({
        class: name,
        billed,
        booked,
        difference: billed - booked,
      })),
      billed_nanousd: pair.billedNano ?? null,
      booked_nanousd: pair.bookedNano,
      difference_nanousd: difference ?? null,
      posted,
    })),
    ...(ids !== undefined && { posted: ids }),
  };
}
