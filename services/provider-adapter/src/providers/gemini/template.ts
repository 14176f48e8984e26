import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import { closingQuote, literalOf } from "../json-string.ts";
import type { WireAnswer } from "./wire.ts";

const USAGE = /"usageMetadata": ?(?=\{)/;

/** Where the JSON object that begins at `from` ends; -1 if it does not. */
function endOfObject(data: string, from: number): number {
  let depth = 0;
  for (let at = from; at < data.length; at++) {
    const code = data.charCodeAt(at);
    if (code === 34) {
      at = closingQuote(data, at + 1);
      if (at === -1) return -1;
    } else if (code === 123 || code === 91) depth += 1;
    else if (code === 125 || code === 93) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

function skipDigits(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code >= 48 && code <= 57; code = text.charCodeAt(at)) at += 1;
  return at;
}

/** True if a text is these pieces with a number between each two. */
function isPieces(text: string, from: number, to: number, pieces: readonly string[]): boolean {
  let at = from;
  for (let index = 0; index < pieces.length; index++) {
    if (index > 0) {
      const end = skipDigits(text, at);
      // A number that is none in JSON is judged where the whole is parsed.
      if (end === at || (end > at + 1 && text.charCodeAt(at) === 48)) return false;
      at = end;
    }
    const piece = pieces[index] ?? "";
    // Comparing slices is several times faster than going character by character.
    if (text.slice(at, at + piece.length) !== piece) return false;
    at += piece.length;
  }
  return at === to;
}

/**
 * Nearly all events of a stream are the same text but for the words between one pair of quotes and the digits of the counts. Once such
 * an event has been parsed, the next ones are recognised by comparing text, which costs a fraction of parsing: equal text around one
 * valid JSON string and numbers parses to an equal object with that string and those numbers.
 */
export class EventTemplate {
  choice = 0;
  /** The counts of the event matched last, as JSON text; "" if it has none that say anything. */
  usageJson = "";
  #head = "";
  #middle = "";
  /** The counts of the event learnt without their digits; undefined when events carry none. */
  #usage: readonly string[] | undefined;
  #counts = false;
  #tail = "";

  /** The text of an event like the one learnt, otherwise undefined. */
  match(data: string): string | undefined {
    const head = this.#head;
    if (head === "" || data.slice(0, head.length) !== head) return undefined;
    const to = closingQuote(data, head.length);
    if (to <= head.length || !this.#endsAlike(data, to)) return undefined;
    return literalOf(data.slice(head.length, to));
  }

  /** Learns from an event that brought exactly one chunk, if that chunk is text. */
  learn(data: string, event: WireAnswer, only: ChatChunk | undefined): void {
    const text = only?.event?.$case === "text" ? only.event.value : undefined;
    if (only === undefined || text === undefined) return;
    const key = data.includes('"text": "') ? '"text": ' : '"text":';
    const marker = key + JSON.stringify(text);
    const at = data.indexOf(marker);
    // The marker must be the one place the text stands; otherwise equal text could mean something else.
    if (at === -1 || data.indexOf(marker, at + 1) !== -1) return;
    this.#head = "";
    const rest = data.slice(at + marker.length - 1);
    const usage = USAGE.exec(rest);
    const from = usage === null ? rest.length : usage.index + usage[0].length;
    const to = usage === null ? rest.length : endOfObject(rest, from);
    if (to === -1) return;
    const counted = event.usageMetadata as Readonly<Record<string, unknown>> | null | undefined;
    // Counts before the text would stay in the head and never match again.
    if (usage === null && counted !== undefined && counted !== null) return;
    this.choice = only.choice;
    this.#middle = rest.slice(0, from);
    this.#usage = usage === null ? undefined : rest.slice(from, to).split(/\d+/);
    this.#counts = typeof counted?.["promptTokenCount"] === "number";
    this.#tail = rest.slice(to);
    this.#head = data.slice(0, at + key.length + 1);
  }

  #endsAlike(data: string, at: number): boolean {
    const middle = this.#middle;
    const from = at + middle.length;
    if (data.slice(at, from) !== middle) return false;
    if (this.#usage === undefined) {
      this.usageJson = "";
      return data.length === from;
    }
    const to = data.length - this.#tail.length;
    if (to < from || data.slice(to) !== this.#tail) return false;
    if (!isPieces(data, from, to, this.#usage)) return false;
    this.usageJson = this.#counts ? data.slice(from, to) : "";
    return true;
  }
}
