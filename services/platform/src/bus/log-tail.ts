import { sharePayload } from "./fact.ts";
import type { DeliveredEvent } from "./types.ts";

/** Bounds of what is kept, in facts and in characters of JSON. */
const FACTS_KEPT = 2_048;
/** Places of facts that are gone; moving the others costs more than keeping these. */
const DROPPED_KEPT = 512;
const CHARACTERS_KEPT = 4 * 1024 * 1024;

/**
 * The newest stored facts of one stream, as long as a consumer has not had them. Those that keep up read from here: asking the file costs
 * more than all they do with a fact.
 */
export class LogTail {
  #events: DeliveredEvent[] = [];
  /** The messages of the facts, at the same places. */
  #payloads: unknown[] = [];
  /** Facts at the front that count as gone. */
  #dropped = 0;
  #characters = 0;

  /** Adds the fact that follows the last one, with its message if that is at hand: then nobody has to parse it. */
  add(event: DeliveredEvent, payload?: unknown): void {
    this.#events.push(event);
    this.#payloads.push(payload);
    this.#characters += event.json.length;
    while (this.#events.length - this.#dropped > FACTS_KEPT || this.#characters > CHARACTERS_KEPT) this.#drop();
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
    this.#payloads = [];
    this.#dropped = 0;
    this.#characters = 0;
  }

  /** At most `limit` facts after `after`; undefined if some of them may be in the file only. */
  read(after: number, limit: number, types: readonly string[] | undefined): DeliveredEvent[] | undefined {
    const first = this.#events[this.#dropped];
    if (first === undefined || Number(first.sequence) > after + 1) return undefined;
    const found: DeliveredEvent[] = [];
    for (let at = this.#dropped + after + 1 - Number(first.sequence); found.length < limit; at++) {
      const event = this.#events[at];
      if (event === undefined) break;
      // A copy for each reader, who may keep things by it.
      if (types === undefined || types.includes(event.type)) found.push(sharePayload({ ...event }, this.#payloads[at]));
    }
    return found;
  }

  #drop(): void {
    this.#characters -= this.#events[this.#dropped]?.json.length ?? 0;
    this.#payloads[this.#dropped] = undefined;
    this.#dropped += 1;
    if (this.#dropped < DROPPED_KEPT && this.#dropped < this.#events.length) return;
    this.#events = this.#events.slice(this.#dropped);
    this.#payloads = this.#payloads.slice(this.#dropped);
    this.#dropped = 0;
  }
}
