import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import { closingQuote, literalOf, NOT_LITERAL } from "../json-string.ts";
import { isObject, type WireAnswer } from "./wire.ts";

const PADDING = '"obfuscation":"';

/**
 * Nearly all events of a stream are the same text but for the words between one pair of quotes (and a run of padding).
 * Once such an event has been parsed, the next ones are recognised by comparing text, which costs a fraction of parsing:
 * equal text around one valid JSON string parses to an equal object with that string.
 */
export class DeltaTemplate {
  choice = 0;
  #head = "";
  #tail = "";
  /** What follows the padding's run; undefined when events carry no padding. */
  #afterPadding: string | undefined;

  /** The text delta if the event is like the one learnt, otherwise undefined. */
  match(data: string): string | undefined {
    const head = this.#head;
    // Comparing slices is several times faster than startsWith, which goes character by character.
    if (head === "" || data.slice(0, head.length) !== head) return undefined;
    const from = head.length;
    const to = closingQuote(data, from);
    if (to <= from || !this.#endsAlike(data, to)) return undefined;
    return literalOf(data.slice(from, to));
  }

  /** Learns from an event that brought exactly one chunk, if that chunk is text. */
  learn(data: string, event: WireAnswer, only: ChatChunk | undefined): void {
    const text = only?.event?.$case === "text" ? only.event.value : undefined;
    if (only === undefined || text === undefined || isObject(event.usage)) return;
    const key = data.includes('"content": "') ? '"content": ' : '"content":';
    const marker = key + JSON.stringify(text);
    const at = data.indexOf(marker);
    // The marker must be the one place the text stands; otherwise equal text could mean something else.
    if (at === -1 || data.indexOf(marker, at + 1) !== -1) return;
    this.choice = only.choice;
    this.#head = data.slice(0, at + key.length + 1);
    this.#learnTail(data.slice(at + marker.length - 1));
  }

  #learnTail(tail: string): void {
    const padding = tail.indexOf(PADDING);
    this.#tail = tail;
    this.#afterPadding = undefined;
    if (padding === -1) return;
    const runEnd = tail.indexOf('"', padding + PADDING.length);
    const run = tail.slice(padding + PADDING.length, runEnd);
    if (runEnd === -1 || NOT_LITERAL.test(run)) return;
    this.#tail = tail.slice(0, padding + PADDING.length);
    this.#afterPadding = tail.slice(runEnd);
  }

  #endsAlike(data: string, at: number): boolean {
    const tail = this.#tail;
    if (this.#afterPadding === undefined) return data.length === at + tail.length && data.slice(at) === tail;
    if (data.slice(at, at + tail.length) !== tail) return false;
    const runFrom = at + tail.length;
    const runEnd = data.indexOf('"', runFrom);
    if (runEnd === -1 || NOT_LITERAL.test(data.slice(runFrom, runEnd))) return false;
    return data.slice(runEnd) === this.#afterPadding;
  }
}
