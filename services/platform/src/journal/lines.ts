import type { AppendFile } from "./append-file.ts";

/** Bytes read at a time; a longer line makes it grow. */
const BLOCK_BYTES = 256 * 1024;
const LINE_FEED = 0x0a;

/** A line of a journal: the length of the text, then the text, which holds no line feed. */
export function lineOf(text: string): string {
  return `${text.length} ${text}\n`;
}

/** For what is written at once; a larger write has a buffer of its own. */
const WRITE_BYTES = 256 * 1024;
let scratch: Buffer | undefined;

/**
 * The bytes of lines one behind the other, and into `sizes` how many each has. What is returned is good until the next call: it is
 * written at once.
 */
export function bytesOfLines(lines: readonly string[], sizes?: number[]): Uint8Array {
  let most = 0;
  for (const line of lines) most += 3 * line.length;
  scratch ??= Buffer.allocUnsafeSlow(WRITE_BYTES);
  const bytes = most <= WRITE_BYTES ? scratch : Buffer.allocUnsafe(most);
  let end = 0;
  for (const line of lines) {
    const written = bytes.write(line, end);
    sizes?.push(written);
    end += written;
  }
  return bytes.subarray(0, end);
}

/**
 * The text of a line without its line feed; undefined if it is not what was written. A killed writer leaves a part of a line; after a power
 * cut there may be zeros where nothing had reached the disk.
 */
export function textOf(line: string): string | undefined {
  const text = trustedTextOf(line);
  return Number.parseInt(line, 10) === text.length && !text.includes("\0") ? text : undefined;
}

/** The text of a line that is known to be good. */
export function trustedTextOf(line: string): string {
  return line.slice(line.indexOf(" ") + 1);
}

/**
 * Walks over whole lines from `offset` on (where a line must begin), until `visit` answers false. Returns the offset behind the last
 * line that was visited with success.
 */
export function eachLine(
  file: Pick<AppendFile, "read">,
  offset: number,
  visit: (line: string, bytes: number) => boolean,
): number {
  let position = offset;
  let blockBytes = BLOCK_BYTES;
  for (;;) {
    const block = file.read(position, blockBytes);
    let start = 0;
    for (let end = block.indexOf(LINE_FEED); end >= 0; end = block.indexOf(LINE_FEED, start)) {
      if (!visit(block.toString("utf8", start, end), end + 1 - start)) return position + start;
      start = end + 1;
    }
    if (start === 0 && block.length === blockBytes) blockBytes *= 4;
    else if (start === 0) return position;
    position += start;
  }
}
