import { deadSubjectOf, type EventType, subjectOf } from "./subjects.ts";
import type { DeadLetter, DeliveredEvent } from "./types.ts";

/** What a fact of the log is made of. `id` is unique per type. */
export interface LogRow {
  readonly type: EventType;
  readonly id: string;
  readonly tenant: string;
  readonly traceparent: string | null;
  readonly json: string;
  /** Only on dead letters: where the fact came from; its `id` then names the letter, not the fact. */
  readonly dead?: DeadLetter & { readonly id: string };
}

/** Where and when a fact stands in its stream. */
export interface Place {
  readonly stream: string;
  readonly sequence: bigint;
  /** Epoch milliseconds. */
  readonly storedAt: number;
}

/** A fact as one line of text. Its fields hold no tabs: names and ids are printable, and JSON escapes them. */
export function printRecord(row: LogRow, sequence: number, storedAt: number): string {
  const dead = row.dead === undefined ? "" : JSON.stringify(row.dead);
  return `${sequence}\t${storedAt}\t${row.type}\t${row.id}\t${row.tenant}\t${row.traceparent ?? ""}\t${dead}\t${row.json}`;
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

/** Reads a line that `printRecord` made. */
export function parseRecord(text: string): LogRow & Omit<Place, "stream"> {
  const [sequence = "0", storedAt, type = "", id = "", tenant = "", traceparent = "", dead = "", json = ""] =
    text.split("\t");
  return {
    sequence: BigInt(sequence),
    storedAt: Number(storedAt),
    type: type as EventType,
    id,
    tenant,
    traceparent: traceparent === "" ? null : traceparent,
    json,
    ...(dead === "" ? {} : { dead: JSON.parse(dead) as NonNullable<LogRow["dead"]> }),
  };
}

/** A fact as a reader sees it the first time. */
export function eventOf(row: LogRow, { stream, sequence, storedAt }: Place): DeliveredEvent {
  const { type, tenant, traceparent, json, dead } = row;
  const event = { stream, sequence, type, tenant, storedAt, deliveries: 1, json };
  const trace = traceparent === null ? {} : { traceparent };
  if (dead === undefined) return { ...event, subject: subjectOf(type, tenant), id: row.id, ...trace };
  const { id, ...letter } = dead;
  return { ...event, subject: deadSubjectOf(dead.durable), id, ...trace, dead: letter };
}
