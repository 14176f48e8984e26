import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** Paths below `directory` of every file that contains the text, in whatever encoding of bytes the file has. */
export function filesWith(directory: string, text: string): string[] {
  const wanted = Buffer.from(text);
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => bytesOf(file).includes(wanted))
    .map((file) => relative(directory, file));
}

/** A server may remove a file while it is looked for. */
function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}
