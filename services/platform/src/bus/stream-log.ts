import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { AppendFile, isNoRoom, LineBuffer, Turn } from "../journal/index.ts";
import type { Durability } from "../sql/index.ts";
import { LogTail } from "./log-tail.ts";
import { RecentKeys } from "./recent-keys.ts";
import { eventOf, factOf, headOf, type LogRow, printHead } from "./record.ts";
import {
  eachFact,
  emptySegment,
  keepSummary,
  noteFact,
  removeSegment,
  type Segment,
  scanSegment,
  summaryOf,
} from "./segment.ts";
import type { StoredFact } from "./stored-fact.ts";
import type { EventType, Retention, StreamName } from "./subjects.ts";
import type { DeliveredEvent } from "./types.ts";

export interface StreamLogOptions {
  /** Folder of all streams. */
  readonly directory: string;
  readonly stream: StreamName;
  readonly durability?: Durability;
  /** A segment of more bytes takes no more facts; default 4 MiB. */
  readonly segmentBytes?: number;
  /** Makes room on a full disk, for one more try; false if it cannot. */
  readonly makeRoom?: () => boolean;
}

interface Pending {
  readonly event: StoredFact;
  /** Under which repeats of it are dropped. */
  readonly id: string;
  /** Of its line. */
  readonly bytes: number;
}

const SEGMENT_BYTES = 4 * 1024 * 1024;
const SUFFIX = ".facts";
/** How far one read looks: bounds the time a read without matches blocks the event loop. */
const SCAN_SPAN = 5_000;
/** Segments that are read at the start for the keys of their facts. */
const KEYS_FROM_SEGMENTS = 2;
/** A segment lasts for this share of the stream's time, so that old facts leave in time. */
const SHARE_OF_AGE = 1 / 16;

/**
 * One stream of the embedded log: files of lines in a folder, written at the end only. Facts of one turn of the event loop are one write.
 * A repeat of one of the newest 16,000 facts of its type (after a start, of those in the newest two files) is dropped.
 */
export class StreamLog {
  readonly stream: StreamName;
  readonly #directory: string;
  readonly #durability: Durability;
  readonly #segmentBytes: number;
  readonly #makeRoom: () => boolean;
  readonly #segments: Segment[] = [];
  readonly #recent = new RecentKeys();
  readonly #tail = new LogTail();
  readonly #waiting = new Set<() => void>();
  readonly #followers = new Set<() => number>();
  readonly #totals = new Map<EventType, number>();
  readonly #turn = new Turn(() => this.#write());
  #pending: Pending[] = [];
  readonly #lines = new LineBuffer();
  #file: AppendFile | undefined;
  #next = 1;
  /** Sequence of the last stored fact; 0 when the stream is empty. */
  head = 0;
  /** Bytes of all its files. */
  bytes = 0;
  /** Grows with every cut. */
  cuts = 0;

  /** @throws overloaded or unavailable if its files cannot be used */
  constructor(options: StreamLogOptions) {
    this.stream = options.stream;
    this.#directory = join(options.directory, options.stream);
    this.#durability = options.durability ?? "process";
    this.#segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
    this.#makeRoom = options.makeRoom ?? (() => false);
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    this.#load();
  }

  /** Adds a fact unless it is there already; resolves when it is stored. Its readers share `payload` if one is given. @throws overloaded when the disk is full */
  append(row: LogRow, now: number, payload?: unknown): Promise<void> {
    if (this.#recent.add(row.type, row.id)) {
      const place = { stream: this.stream, sequence: this.#next, storedAt: now, deliveries: 1, message: payload };
      const event = eventOf(row, place);
      const bytes = this.#lines.add(printHead(row, this.#next, now), row.json);
      this.#pending.push({ event, id: row.id, bytes });
      this.#next += 1;
    }
    return this.#turn.join();
  }

  /** Writes what waits for the end of the turn. */
  flush(): void {
    this.#turn.end();
  }

  /** For a stream that was kept elsewhere before: its facts go on from this sequence. Only while it is empty. */
  startAt(sequence: number): void {
    if (this.head > 0 || this.#next > 1) return;
    this.#next = sequence;
    this.head = sequence - 1;
  }

  /** Deletes whole segments of facts beyond the retention; never the newest segment. */
  cut(retention: Retention, now: number): void {
    const before = retention.maxAgeMs === undefined ? Number.NEGATIVE_INFINITY : now - retention.maxAgeMs;
    const most = retention.maxBytes ?? Number.POSITIVE_INFINITY;
    const share = (retention.maxAgeMs ?? Number.POSITIVE_INFINITY) * SHARE_OF_AGE;
    const newest = this.#segments.at(-1);
    if (newest !== undefined && (newest.firstAt < now - share || newest.bytes > most * SHARE_OF_AGE)) this.#seal();
    for (;;) {
      const [oldest, next] = this.#segments;
      if (oldest === undefined || next === undefined) return;
      if (oldest.firstAt >= before && this.bytes <= most) return;
      removeSegment(oldest);
      this.#segments.shift();
      this.bytes -= oldest.bytes;
      this.cuts += 1;
      this.#tail.clear();
    }
  }

  /** Facts after `after` up to `limit`, and the position up to which the stream has now been searched. */
  read(after: number, limit: number, types?: readonly string[]): { events: DeliveredEvent[]; through: number } {
    const through = Math.min(this.head, after + Math.max(SCAN_SPAN, limit));
    const recent = this.#tail.read(after, limit, types);
    if (recent !== undefined) {
      const full = recent.length === limit ? recent.at(-1) : undefined;
      return { events: recent, through: full === undefined ? Math.max(after, this.head) : Number(full.sequence) };
    }
    const events: DeliveredEvent[] = [];
    this.#eachFrom(after + 1, (text) => {
      const { sequence, type } = headOf(text);
      if (sequence > through) return false;
      if (types === undefined || types.includes(type)) events.push(factOf(text, this.stream));
      return events.length < limit;
    });
    const last = events.at(-1);
    return { events, through: last && events.length === limit ? Number(last.sequence) : Math.max(after, through) };
  }

  /** Position before the first fact stored at `time` or later. */
  before(time: number): number {
    const segment = this.#segments.find(({ lastAt, first, last }) => lastAt >= time && last >= first);
    if (segment === undefined) return this.head;
    let position = segment.last;
    eachFact(segment, segment.first, (text) => {
      const { sequence, storedAt } = headOf(text);
      if (storedAt < time) return true;
      position = sequence - 1;
      return false;
    });
    return position;
  }

  /** One fact, if it has not been cut. */
  get(sequence: number, deliveries: number): DeliveredEvent | undefined {
    let found: DeliveredEvent | undefined;
    this.#eachFrom(sequence, (text) => {
      const event = factOf(text, this.stream, deliveries);
      if (event.sequence === BigInt(sequence)) found = event;
      return false;
    });
    return found;
  }

  /** Stored facts of these types behind `after`. */
  count(types: readonly string[], after: number): number {
    let total = 0;
    for (const segment of this.#segments) {
      if (segment.last <= after) continue;
      if (segment.first > after) for (const type of types) total += segment.counts[type] ?? 0;
      else {
        eachFact(segment, after + 1, (text) => {
          if (types.includes(headOf(text).type)) total += 1;
          return true;
        });
      }
    }
    return total;
  }

  /** Facts of these types stored since the log was opened. */
  appended(types: readonly EventType[]): number {
    let total = 0;
    for (const type of types) total += this.#totals.get(type) ?? 0;
    return total;
  }

  /** Keeps new facts in memory until all followers have passed them; returns the way to stop it. */
  follow(position: () => number): () => void {
    this.#followers.add(position);
    return () => this.#followers.delete(position);
  }

  /** Calls `listener` whenever facts were stored; returns the way to stop it. */
  onAppend(listener: () => void): () => void {
    this.#waiting.add(listener);
    return () => this.#waiting.delete(listener);
  }

  /** Calls every listener, for instance because the bus closes. */
  wake(): void {
    for (const listener of this.#waiting) listener();
  }

  close(): void {
    this.flush();
    this.#file?.close();
    this.#file = undefined;
  }

  #write(): void {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    try {
      this.#put(this.#lines.take());
    } catch (error) {
      for (const { event, id } of pending) this.#recent.delete(event.type, id);
      this.#next = this.head + 1;
      throw error;
    }
    for (const each of pending) this.#stored(each);
    this.#tail.forget(this.#followed());
    this.wake();
  }

  #put(bytes: Uint8Array): void {
    try {
      this.#open().append(bytes);
    } catch (error) {
      if (!isNoRoom(error) || !this.#makeRoom()) throw error;
      this.#open().append(bytes);
    }
  }

  #stored({ event, bytes }: Pending): void {
    const segment = this.#segments.at(-1);
    if (segment === undefined) return;
    const { type, storedAt } = event;
    const sequence = this.head + 1;
    noteFact(segment, { sequence, storedAt, type }, bytes);
    this.bytes += bytes;
    this.#totals.set(type, (this.#totals.get(type) ?? 0) + 1);
    this.#tail.add(event, bytes);
    this.head = sequence;
  }

  /** Position up to which every follower has had the facts. */
  #followed(): number {
    let least = this.head;
    for (const position of this.#followers) least = Math.min(least, position());
    return least;
  }

  /** The file that takes the next facts. */
  #open(): AppendFile {
    if ((this.#segments.at(-1)?.bytes ?? 0) >= this.#segmentBytes) this.#seal();
    if (this.#file === undefined) {
      const path = join(this.#directory, `${String(this.head + 1).padStart(16, "0")}${SUFFIX}`);
      this.#file = new AppendFile(path, this.#durability);
      // Whatever a write that failed left there was never stored.
      if (this.#file.size > 0) this.#file.truncate(0);
      this.#segments.push(emptySegment(path, this.head + 1));
    }
    return this.#file;
  }

  /** The newest segment takes no more facts. */
  #seal(): void {
    const newest = this.#segments.at(-1);
    if (this.#file === undefined || newest === undefined || newest.last < newest.first) return;
    keepSummary(newest);
    this.#file.close();
    this.#file = undefined;
  }

  #load(): void {
    const names = readdirSync(this.#directory).filter((name) => name.endsWith(SUFFIX));
    for (const [index, name] of names.sort().entries()) {
      const path = join(this.#directory, name);
      const scanned = index >= names.length - KEYS_FROM_SEGMENTS ? undefined : summaryOf(path);
      this.#segments.push(scanned ?? this.#scan(path, Number(name.slice(0, -SUFFIX.length))));
    }
    const newest = this.#segments.at(-1);
    if (newest !== undefined) this.#file = new AppendFile(newest.path, this.#durability);
    this.bytes = this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
    this.head = newest?.last ?? 0;
    this.#next = this.head + 1;
  }

  #scan(path: string, first: number): Segment {
    const file = new AppendFile(path);
    try {
      return scanSegment(file, first, ({ type, id }) => this.#recent.add(type, id));
    } finally {
      file.close();
    }
  }

  #eachFrom(sequence: number, visit: (text: string) => boolean): void {
    let goOn = true;
    for (const segment of this.#segments) {
      if (segment.last < sequence) continue;
      eachFact(segment, sequence, (text) => {
        goOn = visit(text);
        return goOn;
      });
      if (!goOn) return;
    }
  }
}
