import { type FactRow, type Place, StoredFact } from "./stored-fact.ts";
import type { EventType } from "./subjects.ts";
import type { DeadLetter } from "./types.ts";

/** What a fact of the log is made of. `id` is unique per type. */
export interface LogRow extends FactRow {
  /** Only on dead letters: where the fact came from; its `id` then names the letter, not the fact. */
  readonly dead?: DeadLetter & { readonly id: string };
}

/**
 * A fact as one line of text, as far as its JSON, which follows. Its fields hold no tabs: names and ids are printable, and JSON
 * escapes them.
 */
export function printHead(row: LogRow, sequence: number, storedAt: number): string {
  const dead = row.dead === undefined ? "" : JSON.stringify(row.dead);
  return `${sequence}\t${storedAt}\t${row.type}\t${row.id}\t${row.tenant}\t${row.traceparent ?? ""}\t${dead}\t`;
}

/** The fields that are needed to find one's way, without the fact itself. */
export interface RecordHead {
  readonly sequence: number;
  readonly storedAt: number;
  readonly type: EventType;
  readonly id: string;
}

export function headOf(text: string): RecordHead {
  const [sequence, storedAt, type = "", id = ""] = text.split("\t", 4);
  return { sequence: Number(sequence), storedAt: Number(storedAt), type: type as EventType, id };
}

/** The fact of a line that begins as `printHead` makes it. */
export function factOf(text: string, stream: string, deliveries = 1): StoredFact {
  const [sequence = "0", storedAt, type = "", id = "", tenant = "", traceparent = "", dead = "", json = ""] =
    text.split("\t");
  const row = { type: type as EventType, id, tenant, traceparent: traceparent === "" ? null : traceparent, json };
  const letter = dead === "" ? undefined : (JSON.parse(dead) as NonNullable<LogRow["dead"]>);
  const place = { stream, sequence: Number(sequence), storedAt: Number(storedAt), deliveries, message: undefined };
  return eventOf(letter === undefined ? row : { ...row, dead: letter }, place);
}

/** A fact as its readers see it. */
export function eventOf(row: LogRow, place: Place): StoredFact {
  if (row.dead === undefined) return new StoredFact(row, place);
  const { id, ...letter } = row.dead;
  return new StoredFact(row, place, { id, letter });
}
