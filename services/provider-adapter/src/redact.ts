import { REDACTED, redactText } from "@sluice/platform/log";

/** Shortest secret that is looked for by its own text; shorter ones would tear words apart. */
const MIN_LENGTH = 6;

/** The text without the secret's beginning at its end, where it was cut off. */
function withoutCutSecret(text: string, secret: string): string {
  for (let length = secret.length - 1; length >= MIN_LENGTH; length--) {
    if (text.endsWith(secret.slice(0, length))) return text.slice(0, -length) + REDACTED;
  }
  return text;
}

/** The text without anything shaped like a credential and without the given secret, whatever its shape, also where the text's end cuts it. */
export function redact(text: string, secret?: string): string {
  if (secret === undefined || secret.length < MIN_LENGTH) return redactText(text);
  return redactText(withoutCutSecret(text.replaceAll(secret, REDACTED), secret));
}

/** The beginning of a text, without anything shaped like a credential: of a long one only what can matter is looked at. */
export function redactStart(text: string, longest: number): string {
  return redactText(text.slice(0, longest * 4)).slice(0, longest);
}
