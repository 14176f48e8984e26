import { randomBytes } from "node:crypto";

export { apiKeyFault, apiKeyPrefix, hashApiKey, newApiKey } from "./api-key.ts";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

let pool = Buffer.alloc(0);
let used = 0;

/**
 * Makes an id: prefix, `_`, 9 characters of milliseconds (sortable) and 16 random ones (80 bits), all `[0-9a-z]`.
 * The random bytes are drawn from the system in blocks, because one call per id costs more than the id.
 */
export function newId(prefix: string, now: number = Date.now()): string {
  let time = "";
  let rest = now;
  for (let i = 0; i < 9; i++) {
    time = (ALPHABET[rest % 32] ?? "0") + time;
    rest = Math.floor(rest / 32);
  }
  if (used + 16 > pool.length) {
    pool = randomBytes(4096);
    used = 0;
  }
  let random = "";
  for (let i = 0; i < 16; i++) random += ALPHABET[(pool[used++] ?? 0) % 32] ?? "0";
  return `${prefix}_${time}${random}`;
}

/** The moment in an id made by `newId` with this prefix, in epoch milliseconds; undefined if the text is no such id. */
export function timeOfId(prefix: string, id: string): number | undefined {
  const body = id.startsWith(`${prefix}_`) ? id.slice(prefix.length + 1) : "";
  if (!ID_BODY.test(body)) return undefined;
  let time = 0;
  for (const character of body.slice(0, 9)) time = time * 32 + ALPHABET.indexOf(character);
  return time;
}

const ID_BODY = /^[0-9a-hjkmnp-tv-z]{25}$/;
