import { REDACTED, redactText } from "@sluice/platform/log";

/** Shortest secret that is looked for by its own text; shorter ones would tear words apart. */
const MIN_LENGTH = 6;

/** The text without anything shaped like a credential and without the given secret, whatever its shape. */
export function redact(text: string, secret?: string): string {
  const literal = secret !== undefined && secret.length >= MIN_LENGTH ? text.replaceAll(secret, REDACTED) : text;
  return redactText(literal);
}
