import { SluiceError } from "@sluice/platform/errors";
import { isObject } from "./wire.ts";

/** Most sentences of one request, and their longest: they travel in a header, and callers choose some of the words. */
const SENTENCES_MAX = 32;
const SENTENCE_MAX = 320;

/** Collects what a mapping dropped, each thing once. */
export class Warnings {
  readonly #provider: string;
  readonly #seen = new Set<string>();

  constructor(provider: string) {
    this.#provider = provider;
  }

  dropped(what: string): void {
    this.say(`${cut(what, SENTENCE_MAX / 2)} is not supported by ${this.#provider} and was dropped.`);
  }

  say(sentence: string): void {
    if (this.#seen.size < SENTENCES_MAX) this.#seen.add(cut(sentence, SENTENCE_MAX));
  }

  list(): readonly string[] {
    return this.#seen.size === 0 ? [] : [...this.#seen];
  }
}

function cut(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** Parses a JSON text of the canonical request. @throws invalid_request naming the field */
export function parseField(text: string, field: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SluiceError("invalid_request", `${field} is not valid JSON.`, { cause, details: { param: field } });
  }
}

/** Parses extra fields: an object, or nothing for an empty text. @throws invalid_request naming the field */
export function parseExtra(text: string, field: string): Readonly<Record<string, unknown>> | undefined {
  if (text === "") return undefined;
  const value = parseField(text, field);
  if (isObject(value)) return value;
  throw new SluiceError("invalid_request", `${field} is not a JSON object.`, { details: { param: field } });
}
