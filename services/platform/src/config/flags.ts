import type { z } from "zod";
import type { Override } from "./environment-overlay.ts";
import { findLiteralSecrets } from "./literal-secrets.ts";
import { findUnknownKeys } from "./unknown-keys.ts";

const ORIGIN = "command line";
/** Steps that would lead out of the configuration into what all objects share. */
const NO_KEYS = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Checks values of the command line (by dotted path) as a file's are checked: unknown keys and secrets are refused.
 * @returns the values that may be used and, as sentences that never show a value, the problems with the others
 */
export function readFlags(
  values: Readonly<Record<string, unknown>>,
  whole: z.ZodType,
): { readonly overrides: readonly Override[]; readonly problems: readonly string[] } {
  const overrides: Override[] = [];
  const problems: string[] = [];
  for (const [dotted, value] of Object.entries(values)) {
    const path = dotted.split(".");
    const found = problemsOf(path, value, whole);
    if (found.length === 0) overrides.push({ path, value, origin: ORIGIN });
    problems.push(...found.map((problem) => `${ORIGIN}: ${problem}`));
  }
  return { overrides, problems };
}

function problemsOf(path: readonly string[], value: unknown, whole: z.ZodType): string[] {
  if (path.some((step) => NO_KEYS.has(step))) return [`${path.join(".")}: no such key; remove it`];
  const nested = path.reduceRight((inner: unknown, step) => ({ [step]: inner }), value);
  const secrets = findLiteralSecrets(nested).map(({ path: at, problem }) => `${at.join(".")}: ${problem}`);
  if (secrets.length > 0) return secrets;
  return findUnknownKeys(nested, whole).map(({ path: at, remedy }) => `${at.join(".")}: no such key; ${remedy}`);
}
