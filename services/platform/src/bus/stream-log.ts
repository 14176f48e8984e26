import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import { LogTail } from "./log-tail.ts";
import { deadSubjectOf, type EventType, type Retention, type StreamName, subjectOf } from "./subjects.ts";
import type { DeadLetter, DeliveredEvent } from "./types.ts";

/** What a row of the log is made of. `id` is unique per type. */
export interface LogRow {
  readonly type: EventType;
  readonly id: string;
  readonly tenant: string;
  readonly traceparent: string | null;
  readonly json: string;
  /** Only on dead letters: where the fact came from; its `id` then names the letter, not the fact. */
  readonly dead?: DeadLetter & { readonly id: string };
}

type Row = Record<string, SQLOutputValue>;

const ROWS_PER_CUT = 500;
/** How far one read looks: bounds the time a read without matches blocks the event loop. */
const SCAN_SPAN = 5_000;

/**
 * One stream of the embedded log: a table of rows in order. Appends happen inside the owner's transaction; the
 * positions kept in memory are settled by `committed` and put back by `reload`.
 */
export class StreamLog {
  readonly stream: StreamName;
  readonly #insert: StatementSync;
  readonly #edges: StatementSync;
  readonly #cut: StatementSync;
  readonly #range: StatementSync;
  readonly #one: StatementSync;
  readonly #storedFrom: StatementSync;
  readonly #countType: StatementSync;
  readonly #waiting = new Set<() => void>();
  #totals = new Map<EventType, number>();
  readonly #tail = new LogTail();
  #uncommitted: DeliveredEvent[] = [];
  #next = 1;
  #endOffset = 0n;
  /** Sequence of the last committed row; 0 when the stream is empty. */
  head = 0;
  /** Grows with every cut. */
  cuts = 0;

  constructor(database: DatabaseSync, stream: StreamName) {
    this.stream = stream;
    const table = `log_${stream.toLowerCase()}`;
    database.exec(createTable(table));
    this.#insert = database.prepare(
      `INSERT INTO ${table} (sequence, type, id, tenant, stored_at, end_offset, traceparent, json, dead)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    );
    this.#edges = database.prepare(`SELECT sequence, end_offset FROM ${table} ORDER BY sequence DESC LIMIT 1`);
    this.#cut = database.prepare(
      `DELETE FROM ${table} WHERE sequence IN (SELECT sequence FROM ${table} ORDER BY sequence LIMIT ${ROWS_PER_CUT})
       AND sequence < ? AND (stored_at < ? OR end_offset <= ?)`,
    );
    this.#range = database.prepare(
      `SELECT * FROM ${table} WHERE sequence > ? AND sequence <= ?
       AND (?3 IS NULL OR type IN (SELECT value FROM json_each(?3))) ORDER BY sequence LIMIT ?4`,
    );
    this.#one = database.prepare(`SELECT * FROM ${table} WHERE sequence = ?`);
    this.#storedFrom = database.prepare(
      `SELECT sequence, stored_at FROM ${table} WHERE sequence >= ? ORDER BY sequence LIMIT 1`,
    );
    this.#countType = database.prepare(
      `SELECT count(*) AS n FROM ${table} INDEXED BY ${table}_id WHERE type = ? AND sequence > ?`,
    );
    this.reload();
  }

  /** Adds a row unless its type and id are there already; false for a repeat. */
  append(row: LogRow, now: number): boolean {
    const endOffset = this.#endOffset + BigInt(row.json.length + row.id.length + 100);
    const { changes } = this.#insert.run(
      BigInt(this.#next),
      row.type,
      row.id,
      row.tenant,
      BigInt(now),
      endOffset,
      row.traceparent,
      row.json,
      row.dead ? JSON.stringify(row.dead) : null,
    );
    if (Number(changes) === 0) return false;
    this.#uncommitted.push(eventOf(row, { stream: this.stream, sequence: BigInt(this.#next), storedAt: now }));
    this.#next += 1;
    this.#endOffset = endOffset;
    return true;
  }

  /** Makes this transaction's rows visible to readers. */
  committed(): void {
    if (this.#uncommitted.length === 0) return;
    for (const event of this.#uncommitted) {
      this.#totals.set(event.type, (this.#totals.get(event.type) ?? 0) + 1);
      this.#tail.add(event);
    }
    this.#uncommitted = [];
    this.head = this.#next - 1;
    this.wake();
  }

  /** Reads the positions from the file. */
  reload(): void {
    const last = this.#edges.get();
    this.head = Number(last?.["sequence"] ?? 0);
    this.#next = this.head + 1;
    this.#endOffset = BigInt(Number(last?.["end_offset"] ?? 0));
    this.#uncommitted = [];
  }

  /** Deletes old rows beyond the retention, at most a few hundred; never the newest. True if there may be more. */
  cut(retention: Retention, now: number): boolean {
    const before = retention.maxAgeMs === undefined ? 0n : BigInt(now - retention.maxAgeMs);
    const offset = retention.maxBytes === undefined ? -1n : this.#endOffset - BigInt(retention.maxBytes);
    const deleted = Number(this.#cut.run(BigInt(this.head), before, offset).changes);
    if (deleted > 0) {
      this.cuts += 1;
      this.#tail.clear();
    }
    return deleted === ROWS_PER_CUT;
  }

  /** Facts after `after` up to `limit`, and the position up to which the stream has now been searched. */
  read(after: number, limit: number, types?: readonly string[]): { events: DeliveredEvent[]; through: number } {
    const through = Math.min(this.head, after + Math.max(SCAN_SPAN, limit));
    const recent = this.#tail.read(after, limit, types);
    if (recent !== undefined) {
      const full = recent.length === limit ? recent.at(-1) : undefined;
      return { events: recent, through: full === undefined ? Math.max(after, this.head) : Number(full.sequence) };
    }
    const filter = types === undefined ? null : JSON.stringify(types);
    const rows = this.#range.all(BigInt(after), BigInt(through), filter, BigInt(limit));
    const events = rows.map((row) => this.#toEvent(row, 1));
    const last = events.at(-1);
    return { events, through: last && events.length === limit ? Number(last.sequence) : Math.max(after, through) };
  }

  /** Position before the first fact stored at `time` or later: halving the stream, for the clock grows along with it. */
  before(time: number): number {
    let low = 0;
    let high = this.head;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = this.#storedFrom.get(BigInt(middle + 1));
      // Rows up to the one found are older, or were cut.
      if (row !== undefined && Number(row["stored_at"]) < time) low = Math.min(high, Number(row["sequence"]));
      else high = middle;
    }
    return low;
  }

  /** One fact, if it has not been cut. */
  get(sequence: number, deliveries: number): DeliveredEvent | undefined {
    const row = this.#one.get(BigInt(sequence));
    return row && this.#toEvent(row, deliveries);
  }

  /** Facts of these types behind `after`, counted in the file. */
  count(types: readonly string[], after: number): number {
    let total = 0;
    for (const type of types) total += Number(this.#countType.get(type, BigInt(after))?.["n"] ?? 0);
    return total;
  }

  /** Facts of these types committed since the file was opened. */
  appended(types: readonly EventType[]): number {
    let total = 0;
    for (const type of types) total += this.#totals.get(type) ?? 0;
    return total;
  }

  /** Calls `listener` at every commit that added rows here; returns the way to stop it. */
  onAppend(listener: () => void): () => void {
    this.#waiting.add(listener);
    return () => this.#waiting.delete(listener);
  }

  /** Calls every listener, for instance because the bus closes. */
  wake(): void {
    for (const listener of this.#waiting) listener();
  }

  #toEvent(row: Row, deliveries: number): DeliveredEvent {
    const { type, id, tenant, traceparent, json, dead } = row;
    const logRow: LogRow = {
      type: String(type) as EventType,
      id: String(id),
      tenant: String(tenant),
      traceparent: typeof traceparent === "string" ? traceparent : null,
      json: String(json),
      ...(typeof dead === "string" ? { dead: JSON.parse(dead) as NonNullable<LogRow["dead"]> } : {}),
    };
    const place = { stream: this.stream, sequence: row["sequence"] as bigint, storedAt: Number(row["stored_at"]) };
    return { ...eventOf(logRow, place), deliveries };
  }
}

interface Place {
  readonly stream: string;
  readonly sequence: bigint;
  readonly storedAt: number;
}

/** A row as a reader sees it the first time. */
function eventOf(row: LogRow, { stream, sequence, storedAt }: Place): DeliveredEvent {
  const { type, tenant, traceparent, json, dead } = row;
  const event = { stream, sequence, type, tenant, storedAt, deliveries: 1, json };
  const trace = traceparent === null ? {} : { traceparent };
  if (dead === undefined) return { ...event, subject: subjectOf(type, tenant), id: row.id, ...trace };
  const { id, ...letter } = dead;
  return { ...event, subject: deadSubjectOf(dead.durable), id, ...trace, dead: letter };
}

function createTable(table: string): string {
  return `
    CREATE TABLE IF NOT EXISTS ${table} (
      sequence INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL, tenant TEXT NOT NULL,
      stored_at INTEGER NOT NULL, end_offset INTEGER NOT NULL, traceparent TEXT, json TEXT NOT NULL, dead TEXT
    ) STRICT;
    CREATE UNIQUE INDEX IF NOT EXISTS ${table}_id ON ${table} (type, id);`;
}
