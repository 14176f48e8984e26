import { containsSecret, isSecretName } from "../log/index.ts";
import type { Path } from "./yaml-source.ts";

const REMEDY =
  "a secret never lives in the configuration file; store a provider's key with `sluice secrets set <provider>`, " +
  "a server's password in an owner-only file named by a *_file key, and remove it here";

/** Long texts of letters and digits mixed as only generated tokens are. */
function looksGenerated(text: string): boolean {
  return /^[A-Za-z0-9_+/=-]{40,}$/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text) && /\d/.test(text);
}

/** Keys whose values are paths: a long one is made of the same letters as a token. */
const PATH_KEY = /(?:^|_)(?:file|dir|directory)$/;

function isLiteralSecret(key: string, value: string): boolean {
  if (containsSecret(value)) return true;
  if (PATH_KEY.test(key)) return false;
  return (isSecretName(key) && value !== "") || looksGenerated(value);
}

/** Finds secrets written into a configuration; tells where and what to do, never what. */
export function findLiteralSecrets(
  value: unknown,
  path: Path = [],
): { readonly path: Path; readonly problem: string }[] {
  if (typeof value === "string") {
    return isLiteralSecret(String(path.findLast((step) => typeof step === "string") ?? ""), value)
      ? [{ path, problem: REMEDY }]
      : [];
  }
  if (typeof value !== "object" || value === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([step, inner]) =>
    typeof step === "string" && containsSecret(step)
      ? [{ path: [...path, step], problem: REMEDY }]
      : findLiteralSecrets(inner, [...path, step]),
  );
}
