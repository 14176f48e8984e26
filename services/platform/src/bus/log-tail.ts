import type { StoredFact } from "./stored-fact.ts";

/** Bounds of what is kept, in facts and in bytes as they are in the file. */
const FACTS_KEPT = 4_096;
/** Places of facts that are gone; moving the others costs more than keeping these. */
const DROPPED_KEPT = 512;
const BYTES_KEPT = 4 * 1024 * 1024;

/**
 * The newest stored facts of one stream, as long as a consumer has not had them. Those that keep up read from here: asking the file costs
 * more than all they do with a fact.
 */
export class LogTail {
  #events: (StoredFact | undefined)[] = [];
  /** Bytes of the facts, at the same places. */
  #sizes: number[] = [];
  /** Facts at the front that count as gone. */
  #dropped = 0;
  #bytes = 0;

  /** Adds the fact that follows the last one. */
  add(event: StoredFact, bytes: number): void {
    this.#events.push(event);
    this.#sizes.push(bytes);
    this.#bytes += bytes;
    while (this.#events.length - this.#dropped > FACTS_KEPT || this.#bytes > BYTES_KEPT) this.#drop();
  }

  /** Forgets facts up to the position: everybody who reads from here has had them. */
  forget(position: number): void {
    let first = this.#events[this.#dropped];
    while (first !== undefined && Number(first.sequence) <= position) {
      this.#drop();
      first = this.#events[this.#dropped];
    }
  }

  clear(): void {
    this.#events = [];
    this.#sizes = [];
    this.#dropped = 0;
    this.#bytes = 0;
  }

  /** At most `limit` facts after `after`; undefined if some of them may be in the file only. */
  read(after: number, limit: number, types: readonly string[] | undefined): StoredFact[] | undefined {
    const first = this.#events[this.#dropped];
    if (first === undefined || Number(first.sequence) > after + 1) return undefined;
    const found: StoredFact[] = [];
    for (let at = this.#dropped + after + 1 - Number(first.sequence); found.length < limit; at++) {
      const event = this.#events[at];
      if (event === undefined) break;
      if (types === undefined || types.includes(event.type)) found.push(event);
    }
    return found;
  }

  #drop(): void {
    this.#bytes -= this.#sizes[this.#dropped] ?? 0;
    this.#events[this.#dropped] = undefined;
    this.#dropped += 1;
    if (this.#dropped < DROPPED_KEPT && this.#dropped < this.#events.length) return;
    this.#events = this.#events.slice(this.#dropped);
    this.#sizes = this.#sizes.slice(this.#dropped);
    this.#dropped = 0;
  }
}
