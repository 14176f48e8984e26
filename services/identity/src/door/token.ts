import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { lstat } from "node:fs/promises";
import { SluiceError } from "@sluice/platform/errors";
import { readIfThere, writePrivate } from "./files.ts";

const TOKEN_SHAPE = /^[A-Za-z0-9_-]{43}$/;

/**
 * The door's token from its owner-only file, made at the first start.
 * @throws forbidden if others can read the file, invalid_request if it holds no token
 */
export async function doorToken(file: string): Promise<string> {
  const kept = await readIfThere(file);
  if (kept === undefined) {
    const token = randomBytes(32).toString("base64url");
    await writePrivate(file, `${token}\n`);
    return token;
  }
  const { mode } = await lstat(file);
  if ((mode & 0o077) !== 0) {
    throw new SluiceError("forbidden", `${file} can be read by others: delete it, the next start makes a new one.`);
  }
  const token = kept.trim();
  if (TOKEN_SHAPE.test(token)) return token;
  throw new SluiceError("invalid_request", `${file} holds no token: delete it, the next start makes a new one.`);
}

/** Tells whether an Authorization header carries the token, in a time that says nothing about it. */
export function tokenCheck(token: string): (authorization: string | undefined) => boolean {
  const wanted = digest(`Bearer ${token}`);
  return (authorization) => timingSafeEqual(wanted, digest(authorization ?? ""));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
