import type { DatabaseSync } from "node:sqlite";
import { SluiceError } from "../errors/index.ts";
import { Turn } from "../journal/index.ts";
import { type Durability, openSqlite } from "../sql/index.ts";
import type { BusLog } from "./bus-log.ts";
import type { Fact } from "./fact.ts";
import { dropOldLane, oldLane } from "./import-outbox.ts";
import type { LinkUser } from "./jetstream-link.ts";
import { OutboxJournal } from "./outbox-journal.ts";
import { OutboxLane } from "./outbox-lane.ts";
import { pause } from "./pause.ts";
import { isStreamName, STREAMS, type StreamName } from "./subjects.ts";
import type { Wire } from "./wire.ts";

export interface OutboxOptions {
  /** An SQLite file whose lock keeps other processes out; the facts are in files of the folder `<file>-facts`. */
  readonly file: string;
  readonly maxFacts: number;
  readonly maxBytes: number;
  readonly durability?: Durability;
  readonly log: BusLog;
}

/** Admission facts are refused from this share of either bound on, so that records of work under way still fit. */
const SOFT_BOUND = 0.8;
const SEGMENT_BYTES = 4 * 1024 * 1024;
/** Stored facts leave with their whole file, which may take this share of the bound. */
const SHARE_OF_BYTES = 1 / 16;
/** How far a lane was stored is written with the next facts, or this much later: losing it only sends facts again. */
const NOTE_STORED_MS = 100;

interface Lane {
  readonly lane: OutboxLane;
  /** Highest sequence given out. */
  last: number;
  /** Highest sequence the stream has stored, and what of that is written down. */
  stored: number;
  noted: number;
}

/**
 * Facts that this process has published and the streams have not confirmed, at the end of a file: a lane per stream, in order. It survives
 * kill -9 and is sent on at the next start. Facts of one turn of the event loop are one write.
 */
export class Outbox implements LinkUser {
  readonly #options: OutboxOptions;
  readonly #lock: DatabaseSync;
  readonly #journal: OutboxJournal;
  readonly #turn = new Turn(() => this.#write());
  readonly #lanes: Readonly<Record<StreamName, Lane>>;
  #pending: Fact[] = [];
  #pendingBytes = 0;
  #facts = 0;
  #usedBytes = 0;
  #noting: NodeJS.Timeout | undefined;
  #closed = false;

  /** @throws unavailable when another process has the file. */
  constructor(options: OutboxOptions) {
    this.#options = options;
    const { file, durability, maxBytes } = options;
    this.#lock = openSqlite(file, { exclusive: true, busyTimeoutMs: 1_000 });
    this.#journal = new OutboxJournal({
      directory: `${file}-facts`,
      segmentBytes: Math.min(SEGMENT_BYTES, maxBytes * SHARE_OF_BYTES),
      ...(durability === undefined ? {} : { durability }),
    });
    const lanes = Object.keys(STREAMS)
      .filter(isStreamName)
      .map((stream) => [stream, this.#openLane(stream)]);
    this.#lanes = Object.fromEntries(lanes) as Record<StreamName, Lane>;
    this.#usedBytes = this.#journal.bytes;
  }

  get facts(): number {
    return this.#facts;
  }

  get fullness(): number {
    return Math.min(1, Math.max(this.#facts / this.#options.maxFacts, this.#usedBytes / this.#options.maxBytes));
  }

  /** Resolves when the fact is in the file. @throws overloaded at the bound, for admission facts at the soft bound. */
  async add(fact: Fact, priority: "admission" | "record"): Promise<void> {
    if (this.#closed) throw new SluiceError("unavailable", `${this.#options.file} is closed.`);
    this.#refuseIfFull(priority);
    this.#facts += 1;
    this.#pending.push(fact);
    this.#pendingBytes += fact.json.length;
    await this.#turn.join();
  }

  up(wire: Wire): void {
    for (const { lane } of Object.values(this.#lanes)) lane.up(wire);
  }

  down(): void {
    for (const { lane } of Object.values(this.#lanes)) lane.down();
  }

  /** Waits until everything is confirmed, at most `ms`. */
  async drain(ms: number): Promise<void> {
    const deadline = performance.now() + ms;
    while (this.#facts > 0 && performance.now() < deadline) await pause(10);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { lane } of Object.values(this.#lanes)) lane.close();
    clearTimeout(this.#noting);
    this.#turn.end();
    this.#noteStored();
    this.#journal.close();
    this.#lock.close();
  }

  #refuseIfFull(priority: "admission" | "record"): void {
    const { file, maxFacts, maxBytes } = this.#options;
    const bound = priority === "admission" ? SOFT_BOUND : 1;
    const bytes = this.#usedBytes + this.#pendingBytes;
    if (this.#facts < maxFacts * bound && bytes < maxBytes * bound) return;
    throw new SluiceError(
      "overloaded",
      `The outbox ${file} holds ${this.#facts} of ${maxFacts} facts and ${bytes} of ${maxBytes} bytes that the event bus has not taken. Check that NATS is reachable and has disk space, or raise bus.outbox_max_facts or bus.outbox_max_bytes.`,
    );
  }

  #openLane(stream: StreamName): Lane {
    this.#importOld(stream);
    const { last, stored } = this.#journal.edges(stream);
    this.#facts += last - stored;
    const lane: Lane = {
      lane: new OutboxLane(
        {
          stream,
          log: this.#options.log,
          load: (after, limit) => this.#journal.load(stream, Math.max(after, lane.stored), limit),
          onStored: (through) => this.#stored(lane, through),
        },
        last,
      ),
      last,
      stored,
      noted: stored,
    };
    return lane;
  }

  /** An earlier version kept facts in tables of the file that is only a lock now. */
  #importOld(stream: StreamName): void {
    const { last, stored } = this.#journal.edges(stream);
    const facts = oldLane(this.#lock, stream).map((fact, index) => ({ ...fact, sequence: last + 1 + index }));
    if (facts.length > 0) {
      this.#journal.append(facts, new Map());
      this.#journal.setEdges(stream, { last: last + facts.length, stored });
    }
    dropOldLane(this.#lock, stream);
  }

  /** Writes the facts of this turn, then hands them to their lanes. */
  #write(): void {
    const pending = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    const before = Object.values(this.#lanes).map((lane) => [lane, lane.last] as const);
    const rows = pending.map((fact) => ({ ...fact, sequence: ++this.#lanes[fact.stream].last }));
    try {
      this.#append(rows);
    } catch (error) {
      this.#facts -= pending.length;
      for (const [lane, last] of before) lane.last = last;
      throw error;
    }
    for (const row of rows) this.#lanes[row.stream].lane.added(row);
  }

  /** @throws overloaded when the disk is full */
  #append(rows: readonly (Fact & { readonly sequence: number })[]): void {
    const changed = Object.entries(this.#lanes).filter(([, { stored, noted }]) => stored > noted);
    if (rows.length === 0 && changed.length === 0) return;
    this.#journal.append(rows, new Map(changed.map(([stream, { stored }]) => [stream as StreamName, stored])));
    for (const [, lane] of changed) lane.noted = lane.stored;
    this.#journal.forget((stream) => this.#lanes[stream].noted);
    this.#usedBytes = this.#journal.bytes;
  }

  #stored(lane: Lane, through: number): void {
    this.#facts -= through - lane.stored;
    lane.stored = through;
    this.#noting ??= setTimeout(() => this.#noteStored(), NOTE_STORED_MS).unref();
  }

  #noteStored(): void {
    this.#noting = undefined;
    try {
      this.#append([]);
    } catch (error) {
      this.#options.log.warn({ err: error }, "what the streams have stored could not be noted in the outbox");
    }
  }
}
