import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { AppendFile, eachLine, lineOf, textOf } from "../journal/index.ts";
import type { Durability } from "../sql/index.ts";
import type { Fact } from "./fact.ts";
import type { OutboxRow } from "./outbox-lane.ts";
import { type EventType, isStreamName, type StreamName } from "./subjects.ts";

export interface OutboxJournalOptions {
  readonly directory: string;
  readonly durability?: Durability;
  /** A file of more bytes takes no more facts. */
  readonly segmentBytes: number;
}

/** Where the facts of one lane begin to stand in a file. */
interface Mark {
  readonly stream: StreamName;
  readonly sequence: number;
  readonly offset: number;
}

interface Segment {
  readonly file: AppendFile;
  /** Every 128th fact of each lane, and its first here. */
  readonly marks: Mark[];
  /** Highest sequence of each lane here. */
  readonly last: Map<StreamName, number>;
}

/** What was found at the start: highest sequence given out and highest stored by the stream, per lane. */
export interface LaneEdges {
  readonly last: number;
  readonly stored: number;
}

const SUFFIX = ".facts";
const FACTS_PER_MARK = 128;

/**
 * The files of an outbox: facts of all lanes, and how far each lane was stored, as lines in the order they came. A file whose facts are all
 * stored is deleted.
 */
export class OutboxJournal {
  readonly #options: OutboxJournalOptions;
  readonly #segments: Segment[] = [];
  readonly #edges = new Map<StreamName, LaneEdges>();
  #number = 0;

  /** Reads what an earlier run left. A part of a line at the end was told to nobody. @throws overloaded, unavailable */
  constructor(options: OutboxJournalOptions) {
    this.#options = options;
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    const names = readdirSync(options.directory).filter((name) => name.endsWith(SUFFIX));
    for (const name of names.sort()) this.#load(name);
  }

  /** Bytes of all files. */
  get bytes(): number {
    return this.#segments.reduce((sum, { file }) => sum + file.size, 0);
  }

  edges(stream: StreamName): LaneEdges {
    return this.#edges.get(stream) ?? { last: 0, stored: 0 };
  }

  /** For facts that were added while nobody counted yet. */
  setEdges(stream: StreamName, edges: LaneEdges): void {
    this.#edges.set(stream, edges);
  }

  /** Writes facts behind those that are there, and how far the lanes were stored. @throws overloaded when the disk is full; then nothing was written */
  append(facts: readonly (Fact & { readonly sequence: number })[], stored: ReadonlyMap<StreamName, number>): void {
    const segment = this.#open();
    const lines = facts.map(lineOfFact);
    for (const [stream, sequence] of stored) lines.push(lineOf(`stored\t${stream}\t${sequence}`));
    let offset = segment.file.size;
    segment.file.append(Buffer.from(lines.join("")));
    for (const [index, { stream, sequence }] of facts.entries()) {
      noteFact(segment, { stream, sequence, offset });
      offset += Buffer.byteLength(lines[index] ?? "");
    }
  }

  /** Facts of a lane behind a sequence, in order. */
  load(stream: StreamName, after: number, limit: number): OutboxRow[] {
    const rows: OutboxRow[] = [];
    for (const segment of this.#segments) {
      if ((segment.last.get(stream) ?? 0) <= after) continue;
      const mark = segment.marks.findLast((each) => each.stream === stream && each.sequence <= after + 1);
      const first = mark ?? segment.marks.find((each) => each.stream === stream);
      eachLine(segment.file, first?.offset ?? 0, (line) => {
        const row = rowOf(textOf(line) ?? "", stream);
        if (row !== undefined && row.sequence > after) rows.push(row);
        return rows.length < limit;
      });
      if (rows.length >= limit) break;
    }
    return rows;
  }

  /** Deletes the oldest files whose facts are all stored. */
  forget(stored: (stream: StreamName) => number): void {
    for (;;) {
      const oldest = this.#segments[0];
      const full = this.#segments.length > 1 || (oldest?.file.size ?? 0) >= this.#options.segmentBytes;
      if (oldest === undefined || !full) return;
      for (const [stream, last] of oldest.last) if (stored(stream) < last) return;
      this.#segments.shift();
      oldest.file.close();
      rmSync(oldest.file.path, { force: true });
    }
  }

  close(): void {
    for (const { file } of this.#segments) file.close();
    this.#segments.length = 0;
  }

  #open(): Segment {
    const newest = this.#segments.at(-1);
    if (newest !== undefined && newest.file.size < this.#options.segmentBytes) return newest;
    this.#number += 1;
    const path = join(this.#options.directory, `${String(this.#number).padStart(12, "0")}${SUFFIX}`);
    const segment: Segment = { file: new AppendFile(path, this.#options.durability), marks: [], last: new Map() };
    this.#segments.push(segment);
    return segment;
  }

  #load(name: string): void {
    const path = join(this.#options.directory, name);
    const segment: Segment = { file: new AppendFile(path, this.#options.durability), marks: [], last: new Map() };
    let offset = 0;
    const end = eachLine(segment.file, 0, (line, bytes) => {
      const text = textOf(line);
      if (text === undefined) return false;
      this.#read(segment, text, offset);
      offset += bytes;
      return true;
    });
    if (end < segment.file.size) segment.file.truncate(end);
    this.#segments.push(segment);
    this.#number = Number(name.slice(0, -SUFFIX.length));
  }

  #read(segment: Segment, text: string, offset: number): void {
    const [kind, stream = "", number] = text.split("\t", 3);
    if (!isStreamName(stream)) return;
    const sequence = Number(number);
    // Sequences have no gaps: what came before the first fact was in files that are gone.
    const { last, stored } = this.#edges.get(stream) ?? { last: 0, stored: kind === "fact" ? sequence - 1 : 0 };
    if (kind === "fact") noteFact(segment, { stream, sequence, offset });
    const through = kind === "stored" ? Math.max(stored, sequence) : stored;
    this.#edges.set(stream, { last: Math.max(last, sequence), stored: through });
  }
}

function noteFact({ marks, last }: Segment, mark: Mark): void {
  if (!last.has(mark.stream) || mark.sequence % FACTS_PER_MARK === 0) marks.push(mark);
  last.set(mark.stream, mark.sequence);
}

/** Names and ids are printable, and JSON escapes tabs and line feeds. */
function lineOfFact({ stream, sequence, type, id, tenant, traceparent, json }: Fact & { sequence: number }): string {
  return lineOf(`fact\t${stream}\t${sequence}\t${type}\t${id}\t${tenant}\t${traceparent ?? ""}\t${json}`);
}

function rowOf(text: string, wanted: StreamName): OutboxRow | undefined {
  if (!text.startsWith(`fact\t${wanted}\t`)) return undefined;
  const [, , sequence, type = "", id = "", tenant = "", traceparent = "", json = ""] = text.split("\t");
  return {
    sequence: Number(sequence),
    type: type as EventType,
    id,
    tenant,
    traceparent: traceparent === "" ? null : traceparent,
    json,
  };
}
