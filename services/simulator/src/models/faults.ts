/** How a fault's argument is read: absent, or an integer with a default (none = must be given) and bounds. */
interface FaultRow {
  readonly argument?: { readonly fallback?: number; readonly min: number; readonly max: number };
  readonly means: string;
}

const CHUNKS = { min: 0, max: 1_000_000 };

/** The closed list of things that can be asked of a simulated model by its name. */
export const FAULTS = {
  empty: { means: "an answer without content" },
  whitespace: { means: "an answer of white space only" },
  refusal: {
    argument: { fallback: 0, min: 0, max: 2 },
    means: "a refusal: 0 in the wire's own way, 1 so after some content, 2 in plain words",
  },
  "bad-json": { means: "JSON content or tool arguments that do not parse" },
  cut: { argument: { fallback: 3, ...CHUNKS }, means: "the connection is destroyed after n chunks" },
  stall: { argument: { fallback: 3, ...CHUNKS }, means: "silence after n chunks, connection open" },
  malformed: { argument: { fallback: 3, min: 1, max: 1_000_000 }, means: "the n-th chunk is broken JSON" },
  "inband-error": { argument: { fallback: 0, ...CHUNKS }, means: "status 200, then an error after n chunks" },
  "429": { argument: { fallback: 1, min: 0, max: 86_400 }, means: "429 with retry-after of n seconds" },
  "503": { means: "503 overloaded" },
  "401": { means: "401 wrong key" },
  "400": { means: "400 invalid request" },
  slow: { argument: { fallback: 2_000, min: 0, max: 3_600_000 }, means: "first token after n ms" },
  "no-usage": { means: "usage is missing" },
  html: { means: "502 with a proxy's HTML page" },
  drop: { means: "connection reset before the headers" },
  length: { argument: { min: 0, max: 100_000 }, means: "an answer of n tokens" },
  "no-done": { means: "the stream ends without its end marker" },
  "bill-full": { means: "a client that leaves pays the whole answer" },
  loop: { means: "the same words again and again" },
  cached: { argument: { fallback: 100, min: 0, max: 1_000_000 }, means: "n prompt tokens came from a cache" },
  "bad-result": {
    argument: { fallback: 0, min: 0, max: 2 },
    means: "beside chats: a result that lacks an entry (0), has a wrong one (1), or one that is no number (2)",
  },
  stop: { means: "finish reason stop for the model `exact`" },
} as const satisfies Record<string, FaultRow>;

export type FaultName = keyof typeof FAULTS;

function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name);
}

/**
 * Reads one `fault` or `fault=n` of a model name.
 * @returns the fault and its argument (0 if it takes none), or a sentence that says what is wrong
 */
export function parseFault(text: string): { name: FaultName; argument: number } | string {
  const [name = "", given, ...rest] = text.split("=");
  if (!isFaultName(name)) return `Unknown fault \`${name}\`; known: ${Object.keys(FAULTS).join(", ")}.`;
  const row: FaultRow = FAULTS[name];
  if (row.argument === undefined) {
    return given === undefined ? { name, argument: 0 } : `The fault \`${name}\` takes no argument.`;
  }
  const { fallback, min, max } = row.argument;
  if (given === undefined && fallback !== undefined) return { name, argument: fallback };
  const value = /^\d{1,9}$/.test(given ?? "") && rest.length === 0 ? Number(given) : Number.NaN;
  if (value >= min && value <= max) return { name, argument: value };
  return `The fault \`${name}\` needs an integer from ${min} to ${max}, got \`${given ?? ""}\`.`;
}
