/** Where a word of a name begins: with a capital, or with a number as in cacheWrite5mTokens. */
const WORD = /[A-Z]|(?<=[a-z])\d/g;

/**
 * A contract's message as the door's JSON: snake_case keys, absent fields left out, 64-bit integers as decimal strings
 * (exact in every reader) except moments and durations in milliseconds, which fit a number.
 */
export function doorJson(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(doorJson);
  if (typeof value !== "object" || value === null) return value;
  const answer: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    if (field === undefined) continue;
    const key = name.replace(WORD, (first) => `_${first.toLowerCase()}`);
    answer[key] = typeof field === "bigint" && key.endsWith("_ms") ? Number(field) : doorJson(field);
  }
  return answer;
}
