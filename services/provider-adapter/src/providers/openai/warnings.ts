import { SluiceError } from "@sluice/platform/errors";
import { isObject } from "./wire.ts";

/** Collects what a mapping dropped, each thing once. */
export class Warnings {
  readonly #provider: string;
  readonly #seen = new Set<string>();

  constructor(provider: string) {
    this.#provider = provider;
  }

  dropped(what: string): void {
    this.#seen.add(`${what} is not supported by ${this.#provider} and was dropped.`);
  }

  say(sentence: string): void {
    this.#seen.add(sentence);
  }

  list(): readonly string[] {
    return this.#seen.size === 0 ? [] : [...this.#seen];
  }
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
