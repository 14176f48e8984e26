/** What stands in a log line or a printed configuration where a secret was. */
export const REDACTED = "[redacted]";

/** Names whose values are credentials, compared in lower case with `-` as `_`. */
const SECRET_NAME =
  /(?:^|_)(?:api_?key|apikey|authorization|cookie|credentials?|password|passwd|private_?key|secret|access_?key|access_?token|auth_?token|bearer|token)$/;

/** True for a field name that holds a secret; `token_count`, `*_file` and `*_tokens` do not. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(
    name
      .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
      .toLowerCase()
      .replaceAll("-", "_"),
  );
}

/** Shapes of credentials that providers hand out, and of tokens in general. */
const SECRET_SHAPES = [
  /\bc?sk-[A-Za-z0-9_-]{16,}/,
  /\bAIza[A-Za-z0-9_-]{30,}/,
  /\bAQ\.[A-Za-z0-9_-]{30,}/,
  // An id in hexadecimal and the secret behind it, as Zhipu and Ollama join them.
  /\b[0-9a-f]{32}\.[A-Za-z0-9_-]{16,}/,
  /\b(?:gsk|xai|hf|pplx|fw|r8|nvapi|tgp_v1)[_-][A-Za-z0-9_-]{16,}/,
  /\bAKIA[A-Z0-9]{16}\b/,
  /\b(?:ghp|gho|github_pat)_[A-Za-z0-9_]{20,}/,
  /\bya29\.[A-Za-z0-9_-]{20,}/,
  // The parts after the dots are optional: a pattern that can fail behind an open-ended run tries again from every "eyJ" in it, which takes
  // seconds on a long text made for the purpose.
  /\beyJ[A-Za-z0-9_-]{17,}(?:\.[A-Za-z0-9_-]+){0,2}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\b[Bb]earer\s+[A-Za-z0-9._~+/-]{16,}=*/,
  /\bsluice-[a-z]{2,4}-[A-Za-z0-9_-]{20,}/,
] as const;

const ANY_SHAPE = new RegExp(SECRET_SHAPES.map(({ source }) => source).join("|"));
const EVERY_SHAPE = new RegExp(ANY_SHAPE.source, "g");

/** True if the text contains something shaped like a credential. */
export function containsSecret(text: string): boolean {
  return ANY_SHAPE.test(text);
}

/** No shape is shorter. */
const SHAPE_LENGTH_MIN = 19;

/** The text with everything shaped like a credential replaced. */
export function redactText(text: string): string {
  if (text.length < SHAPE_LENGTH_MIN) return text;
  return ANY_SHAPE.test(text) ? text.replace(EVERY_SHAPE, REDACTED) : text;
}
