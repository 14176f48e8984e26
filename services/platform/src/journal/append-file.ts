import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import type { Durability } from "../sql/index.ts";
import { fromFileError } from "./file-errors.ts";

/**
 * A file that only grows at its end. What `append` was given is in the file, whole, when it returns; a failed one leaves nothing
 * behind. One writer at a time.
 */
export class AppendFile {
  readonly path: string;
  readonly #descriptor: number;
  readonly #durability: Durability;
  #size: number;

  /** Opens or creates the file, owner-only. @throws overloaded when the disk is full, unavailable if it cannot be opened */
  constructor(path: string, durability: Durability = "process") {
    this.path = path;
    this.#durability = durability;
    try {
      const isNew = !existsSync(path);
      this.#descriptor = openSync(path, "a+", 0o600);
      if (isNew && durability === "power") syncFolder(dirname(path));
    } catch (error) {
      throw fromFileError(error, path);
    }
    this.#size = fstatSync(this.#descriptor).size;
  }

  /** Bytes in the file. */
  get size(): number {
    return this.#size;
  }

  /** @throws overloaded when the disk is full; the file is then as before */
  append(bytes: Uint8Array): void {
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#descriptor, bytes, done);
      if (this.#durability === "power") fdatasyncSync(this.#descriptor);
    } catch (error) {
      ftruncateSync(this.#descriptor, this.#size);
      throw fromFileError(error, this.path);
    }
    this.#size += bytes.length;
  }

  /** Up to `length` bytes from `offset` on; fewer at the end of the file. */
  read(offset: number, length: number): Buffer {
    const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.#size - offset)));
    let filled = 0;
    while (filled < buffer.length) {
      const count = readSync(this.#descriptor, buffer, filled, buffer.length - filled, offset + filled);
      if (count === 0) break;
      filled += count;
    }
    return buffer.subarray(0, filled);
  }

  /** Forgets everything behind `size`. */
  truncate(size: number): void {
    ftruncateSync(this.#descriptor, size);
    this.#size = size;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** A new file's name survives a power cut only once its folder is on the disk too. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
