import { readFileSync, statSync } from "node:fs";
import { inspect } from "node:util";
import { SluiceError } from "../errors/index.ts";
import { REDACTED } from "../log/index.ts";

const MAX_SECRET_BYTES = 65_536;
const OTHERS = 0o077;

/** A text that prints as `[redacted]` everywhere; only `reveal` gives it away. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}

/**
 * Reads a secret from an owner-only file; a line end at its end is not part of it.
 * @param key the configuration key that names the file, for the message
 * @throws invalid_request when the file is missing, empty, too large or readable by others
 */
export function readSecretFile(file: string, key: string): Secret {
  const wrong = (problem: string, cause?: unknown): SluiceError =>
    new SluiceError("invalid_request", `${key}: ${file} ${problem}.`, { cause });
  let text: string;
  try {
    const { mode, size } = statSync(file);
    if ((mode & OTHERS) !== 0) throw wrong(`can be read or changed by others; run: chmod 600 ${file}`);
    if (size > MAX_SECRET_BYTES) throw wrong(`has ${size} bytes; a secret has at most ${MAX_SECRET_BYTES}`);
    text = readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch (thrown) {
    if (thrown instanceof SluiceError) throw thrown;
    throw wrong(`cannot be read (${thrown instanceof Error ? thrown.message : thrown}); create it, owner-only`, thrown);
  }
  if (text === "") throw wrong("is empty; write the secret into it");
  return new Secret(text);
}
