import type { AppendFile } from "./append-file.ts";

/** Bytes read at a time; a longer line makes it grow. */
const BLOCK_BYTES = 256 * 1024;
const LINE_FEED = 0x0a;

/** A line of a journal: the length of the text, then the text, which holds no line feed. */
export function lineOf(text: string): string {
  return `${text.length} ${text}\n`;
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
