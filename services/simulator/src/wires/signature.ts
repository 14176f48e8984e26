import { createHmac } from "node:crypto";

const KEY = "sluice-simulator";
const DIGEST_LENGTH = 48;

function digest(purpose: string, text: string): Buffer {
  return createHmac("sha384", KEY).update(`${purpose}\n${text}`).digest();
}

/** A signature of a text, the same in every process; what it is for keeps one kind from standing for another. */
export function sign(purpose: string, text: string): string {
  return digest(purpose, text).toString("base64");
}

/** True if the signature is that of this very text. It is compared as text: an equal one in another encoding is a changed one. */
export function isSigned(purpose: string, text: string, signature: unknown): boolean {
  return signature === sign(purpose, text);
}

/** An opaque text that can be recognised without what it was made for. */
export function seal(purpose: string, text: string): string {
  return Buffer.concat([digest(purpose, text), Buffer.from(text)]).toString("base64");
}

/** True for a text that {@link seal} made, unchanged. */
export function isSealed(purpose: string, sealed: unknown): boolean {
  if (typeof sealed !== "string") return false;
  const bytes = Buffer.from(sealed, "base64");
  return bytes.length > DIGEST_LENGTH && seal(purpose, bytes.subarray(DIGEST_LENGTH).toString()) === sealed;
}
