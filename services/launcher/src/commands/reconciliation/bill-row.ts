import { SluiceError } from "@sluice/platform/errors";
import { count, dayOf, dayStart, dollars, momentOf, nextDay } from "./figures.ts";
import type { FileRecord } from "./records.ts";

/** Token classes, disjoint, as the admin door spells them. */
export const TOKEN_CLASSES = [
  "input_tokens",
  "cached_input_tokens",
  "cache_write_5m_tokens",
  "cache_write_1h_tokens",
  "input_audio_tokens",
  "input_image_tokens",
  "output_tokens",
  "output_audio_tokens",
  "output_image_tokens",
] as const;
export type TokenClass = (typeof TOKEN_CLASSES)[number];
export type Tokens = ReadonlyMap<TokenClass, bigint>;

/** What one record of a provider's file says. */
export interface BillRow {
  readonly line: number;
  /** UTC day. */
  readonly day: string;
  /** Provider the record names; empty if it names none. */
  readonly provider: string;
  /** Model in the provider's words; empty if the record is about no single one. */
  readonly model: string;
  /** Tokens of every class the file tells apart; undefined where it tells amounts alone. */
  readonly tokens: Tokens | undefined;
  /** Amount in 10^-18 USD; undefined where it tells tokens alone. */
  readonly atto: bigint | undefined;
}

/** How a provider writes its usage or its bill. */
export interface Layout {
  /** The columns it needs, for the message about a file that has none of them. */
  readonly accepts: string;
  /** @throws invalid_request naming line and column; a row without tokens and amount says that its day is covered */
  read(record: FileRecord): BillRow;
}

const HOUR_MS = 3_600_000;
/** Most a record may cover: it belongs to one day. An hour more, where a day is written with its last second or a time zone. */
const SPAN_MAX_MS = 90_000_000;

/** Reads fields of one record by any of several names. */
export class Fields {
  readonly line: number;
  readonly #fields: ReadonlyMap<string, string>;
  readonly #accepts: string;

  constructor({ line, fields }: FileRecord, accepts: string) {
    this.line = line;
    this.#fields = fields;
    this.#accepts = accepts;
  }

  has(...names: readonly string[]): boolean {
    return names.some((name) => this.#fields.has(name));
  }

  text(...names: readonly string[]): string {
    for (const name of names) {
      const value = this.#fields.get(name);
      if (value !== undefined && value !== "") return value;
    }
    return "";
  }

  /** A count; undefined if there is none. @throws invalid_request for text that is none */
  count(...names: readonly string[]): bigint | undefined {
    return this.#figure(names, count, "a whole number of zero or more");
  }

  /** An amount in 10^-18 USD. @throws invalid_request for text that is none */
  dollars(...names: readonly string[]): bigint | undefined {
    return this.#figure(names, dollars, "an amount of US dollars like 0.25");
  }

  /**
   * The UTC day of the record, from its beginning.
   * @throws invalid_request for no moment, and for a record that covers more than a day, or parts of two
   */
  day(beginnings: readonly string[], ends: readonly string[]): string {
    const text = this.text(...beginnings);
    const start = momentOf(text);
    if (start === undefined) {
      const found = text === "" ? "has no date" : `has the date "${text.slice(0, 40)}"`;
      throw this.refusal(`${found}; ${beginnings.join(" or ")} must be a date, an RFC 3339 time or epoch seconds`);
    }
    const end = momentOf(this.text(...ends));
    if (end !== undefined && end - start > SPAN_MAX_MS) {
      const days = Math.round((end - start) / 86_400_000);
      throw this.refusal(`covers ${days} days; only days can be matched: export with daily (or hourly) rows`);
    }
    if (end !== undefined && end - start > HOUR_MS && isOverMidnight(start, end)) {
      const from = new Date(start).toISOString();
      const what = `begins on ${from.slice(0, 10)} at ${from.slice(11, 16)} UTC and ends on the next day`;
      throw this.refusal(`${what}; only days of UTC can be matched: export in UTC, or with hourly rows`);
    }
    return dayOf(start);
  }

  refusal(what: string): SluiceError {
    return new SluiceError("invalid_request", `Line ${this.line} ${what}. Accepted are ${this.#accepts}.`);
  }

  /** @throws invalid_request unless the amount is in US dollars */
  requireUsd(...names: readonly string[]): void {
    const currency = this.text(...names);
    if (currency === "" || currency.toLowerCase() === "usd") return;
    throw this.refusal(`is in ${currency.slice(0, 10)}; the ledger knows US dollars alone`);
  }

  #figure(names: readonly string[], read: (text: string) => bigint | undefined, wanted: string): bigint | undefined {
    const name = names.find((each) => this.text(each) !== "");
    if (name === undefined) return undefined;
    const text = this.text(name);
    const value = read(text);
    if (value === undefined) throw this.refusal(`has "${text.slice(0, 40)}" as ${name}, which is not ${wanted}`);
    return value;
  }
}

/** True for what begins within a UTC day, and ends within the next one: a day of another time zone. */
function isOverMidnight(start: number, end: number): boolean {
  const day = dayOf(start);
  return start !== dayStart(day) && end > dayStart(nextDay(day));
}

/** What is left of a total, never below zero. */
export function less(total: bigint, ...parts: readonly bigint[]): bigint {
  const left = parts.reduce((rest, part) => rest - part, total);
  return left < 0n ? 0n : left;
}
