import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { AppendFile, eachLine, textOf, trustedTextOf } from "../journal/index.ts";
import { headOf, type RecordHead } from "./record.ts";

/** What is known of one file of a stream: facts without a gap, one line each. */
export interface Segment {
  readonly path: string;
  /** Sequence of its first fact. */
  readonly first: number;
  /** Sequence of its last fact; `first - 1` while it is empty. */
  last: number;
  bytes: number;
  /** Epoch milliseconds at which its first and its newest fact were stored. */
  firstAt: number;
  lastAt: number;
  readonly counts: Record<string, number>;
  /** Offset of every 128th fact, so that any fact is found by reading little. */
  readonly marks: number[];
}

const FACTS_PER_MARK = 128;

export function emptySegment(path: string, first: number): Segment {
  return { path, first, last: first - 1, bytes: 0, firstAt: 0, lastAt: 0, counts: {}, marks: [] };
}

/** Takes note of a fact that was added at the end of the segment's file. */
export function noteFact(segment: Segment, { sequence, storedAt, type }: Omit<RecordHead, "id">, bytes: number): void {
  if ((sequence - segment.first) % FACTS_PER_MARK === 0) segment.marks.push(segment.bytes);
  if (segment.last < segment.first) segment.firstAt = storedAt;
  segment.last = sequence;
  segment.lastAt = Math.max(segment.lastAt, storedAt);
  segment.bytes += bytes;
  segment.counts[type] = (segment.counts[type] ?? 0) + 1;
}

/**
 * Reads a segment's file from the start, and cuts off what is not a whole fact behind the last good one: the writer died there, and had
 * told nobody that it was stored.
 */
export function scanSegment(file: AppendFile, first: number, each: (head: RecordHead) => void): Segment {
  const segment = emptySegment(file.path, first);
  eachLine(file, 0, (line, bytes) => {
    const text = textOf(line);
    if (text === undefined) return false;
    const head = headOf(text);
    if (head.sequence !== segment.last + 1) return false;
    noteFact(segment, head, bytes);
    each(head);
    return true;
  });
  if (segment.bytes < file.size) file.truncate(segment.bytes);
  return segment;
}

/** Walks over the facts from `sequence` on as lines of text, until `visit` answers false. */
export function eachFact(segment: Segment, sequence: number, visit: (text: string) => boolean): void {
  const mark = Math.floor(Math.max(0, sequence - segment.first) / FACTS_PER_MARK);
  const offset = segment.marks[mark];
  if (offset === undefined) return;
  let skip = Math.max(0, sequence - segment.first) - mark * FACTS_PER_MARK;
  const file = new AppendFile(segment.path);
  try {
    eachLine(file, offset, (line) => skip-- > 0 || visit(trustedTextOf(line)));
  } finally {
    file.close();
  }
}

/** Keeps what is known of a segment that takes no more facts, so that it need not be read at the next start. */
export function keepSummary(segment: Segment): void {
  const { path, ...summary } = segment;
  writeFileSync(summaryFile(path), JSON.stringify(summary), { mode: 0o600 });
}

/** What was kept of a segment; undefined if there is nothing, or the file is another than the one it tells of. */
export function summaryOf(path: string): Segment | undefined {
  try {
    const segment = { ...(JSON.parse(readFileSync(summaryFile(path), "utf8")) as Omit<Segment, "path">), path };
    return segment.bytes === statSync(path).size ? segment : undefined;
  } catch {
    // The process ended before it was written; the file itself says everything.
    return undefined;
  }
}

export function removeSegment({ path }: Segment): void {
  rmSync(path, { force: true });
  rmSync(summaryFile(path), { force: true });
}

function summaryFile(path: string): string {
  return `${path}.summary`;
}
