import { SluiceError } from "../errors/index.ts";
import type { Scalar } from "./fields.ts";
import { isSecretName, REDACTED, redactText } from "./redact.ts";

const MAX_TEXT = 2_000;
const MAX_ERROR_TEXT = 8_000;

/** Names seen before and whether they hold secrets: there are few of them and the check is a regular expression. */
const secretNames = new Map<string, boolean>();
const MAX_NAMES = 1_000;

function holdsSecret(name: string): boolean {
  const known = secretNames.get(name);
  if (known !== undefined) return known;
  const secret = isSecretName(name);
  if (secretNames.size < MAX_NAMES) secretNames.set(name, secret);
  return secret;
}

function cut(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}

/** An error as text: with its stack when it is a broken invariant, and with its causes' messages. */
export function errorText(thrown: unknown): string {
  const parts: string[] = [];
  let current: unknown = thrown;
  for (let depth = 0; depth < 4 && current !== undefined; depth++) {
    const error = current;
    if (!(error instanceof Error)) {
      parts.push(String(error));
      break;
    }
    const expected = error instanceof SluiceError && error.code !== "internal";
    parts.push(expected ? error.message : (error.stack ?? error.message));
    current = error.cause;
  }
  return cut(redactText(parts.join("\ncaused by: ")), MAX_ERROR_TEXT);
}

function scalar(value: unknown): Scalar {
  if (typeof value === "string") return redactText(cut(value, MAX_TEXT));
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number" || typeof value === "boolean" || value === null) return value;
  // A nested value could carry a prompt; its type is all a log line may say.
  return value === undefined ? undefined : `[${typeof value} left out]`;
}

/** The fields as they are written: scalars only, secrets redacted, errors as text with their code beside. */
export function sanitize(fields: Readonly<Record<string, unknown>>): Record<string, Scalar> {
  const clean: Record<string, Scalar> = {};
  for (const name in fields) {
    const value = fields[name];
    if (name === "err") {
      if (value === undefined) continue;
      clean["err"] = errorText(value);
      if (value instanceof SluiceError) clean["error_code"] ??= value.code;
    } else clean[name] = holdsSecret(name) && value !== undefined ? REDACTED : scalar(value);
  }
  return clean;
}
