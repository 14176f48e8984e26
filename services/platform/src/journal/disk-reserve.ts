import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { SluiceError } from "../errors/index.ts";
import { fromFileError } from "./file-errors.ts";

const BLOCK = Buffer.alloc(64 * 1024);
/** How soon after a failure the room is asked for again. */
const AGAIN_MS = 250;

/**
 * Room on the disk that is kept free for what must still be written when the disk is full: a file of zeros beside the files it is for. It is
 * given away when a write finds no room, and taken back before new work begins.
 */
export class DiskReserve {
  readonly #path: string;
  readonly #bytes: number;
  readonly #descriptor: number;
  #held = false;
  #triedAt = Number.NEGATIVE_INFINITY;

  /** @throws unavailable if the file cannot be made */
  constructor(path: string, bytes: number) {
    this.#path = path;
    this.#bytes = bytes;
    try {
      this.#descriptor = openSync(path, "w", 0o600);
    } catch (error) {
      throw fromFileError(error, path);
    }
  }

  /** Takes the room if it is not held. @throws overloaded while the disk has none */
  keep(now: number): void {
    if (this.#held) return;
    if (now - this.#triedAt < AGAIN_MS) throw this.#full();
    this.#triedAt = now;
    try {
      for (let done = 0; done < this.#bytes; ) {
        done += writeSync(this.#descriptor, BLOCK, 0, Math.min(BLOCK.length, this.#bytes - done), done);
      }
      this.#held = true;
    } catch (error) {
      ftruncateSync(this.#descriptor, 0);
      throw fromFileError(error, this.#path);
    }
  }

  /** Gives the room to whoever writes next; false if there was none to give. */
  release(): boolean {
    if (!this.#held) return false;
    this.#held = false;
    ftruncateSync(this.#descriptor, 0);
    return true;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #full(): unknown {
    return fromFileError(Object.assign(new Error("no space left on device"), { code: "ENOSPC" }), this.#path);
  }
}

/** True if a write failed for want of room. */
export function isNoRoom(error: unknown): boolean {
  return error instanceof SluiceError && error.code === "overloaded";
}
