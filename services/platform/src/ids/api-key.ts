import { createHash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

const PREFIX = "sk-sluice-";
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_CHARACTERS = 32;
const CHECK_CHARACTERS = 6;
const SHOWN_CHARACTERS = 6;
const SHAPE = new RegExp(`^${PREFIX}[0-9A-Za-z]{${RANDOM_CHARACTERS + CHECK_CHARACTERS}}$`);

/** A new API key: `sk-sluice-`, 32 random base62 characters (190 bits) and 6 that check the rest. */
export function newApiKey(): string {
  const body = PREFIX + randomBase62(RANDOM_CHARACTERS);
  return body + checksum(body);
}

/**
 * Why a text cannot be an API key, without asking anybody: `shape` if it does not look like one, `checksum` if it
 * does and was mistyped or cut and glued. Undefined means it may exist.
 */
export function apiKeyFault(text: string): "shape" | "checksum" | undefined {
  if (!SHAPE.test(text)) return "shape";
  const body = text.slice(0, -CHECK_CHARACTERS);
  return checksum(body) === text.slice(-CHECK_CHARACTERS) ? undefined : "checksum";
}

/** SHA-256 of a whole key: all that is ever stored of it. */
export function hashApiKey(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

/** The first characters of a key, enough for a person to tell which one it is and far too few to guess it. */
export function apiKeyPrefix(key: string): string {
  return key.slice(0, PREFIX.length + SHOWN_CHARACTERS);
}

function checksum(body: string): string {
  let rest = crc32(body);
  let text = "";
  for (let i = 0; i < CHECK_CHARACTERS; i++) {
    text = (BASE62[rest % 62] ?? "0") + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

function randomBase62(count: number): string {
  let text = "";
  while (text.length < count) {
    for (const byte of randomBytes(count)) {
      // 248 = 4 * 62: bytes above it would make the first characters of the alphabet likelier.
      if (byte < 248 && text.length < count) text += BASE62[byte % 62];
    }
  }
  return text;
}
