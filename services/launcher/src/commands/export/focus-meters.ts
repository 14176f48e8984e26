/** What a class of consumption counts, in words and units of a cost report. */
export interface Meter {
  /** E.g. "Input tokens". */
  readonly name: string;
  /** Unit consumed. */
  readonly unit: string;
  /** Decimals of a quantity that is counted in parts of the unit. */
  readonly digits: number;
}

const tokens = (name: string): Meter => ({ name, unit: "Tokens", digits: 0 });
const each = (name: string, unit: string): Meter => ({ name, unit, digits: 0 });

const METERS: Readonly<Record<string, Meter>> = {
  input: tokens("Input tokens"),
  cached_input: tokens("Cached input tokens"),
  cache_write_5m: tokens("Cache write tokens, 5 minutes"),
  cache_write_1h: tokens("Cache write tokens, 1 hour"),
  output: tokens("Output tokens"),
  reasoning: tokens("Reasoning tokens"),
  audio_input: tokens("Audio input tokens"),
  audio_output: tokens("Audio output tokens"),
  image_input: tokens("Image input tokens"),
  image_output: tokens("Image output tokens"),
  image: each("Images", "Images"),
  search: each("Searches", "Searches"),
  character: each("Characters", "Characters"),
  request: each("Requests", "Requests"),
  flat: each("Attempts at a flat price", "Requests"),
  audio_ms: { name: "Audio", unit: "Seconds", digits: 3 },
};
const TOOL = "tool:";

/** Where an amount cannot be split: all tokens together. */
export const ALL_TOKENS = tokens("Tokens");

/** The meter of a class; one that this version does not know is told by its own name. */
export function meterOf(name: string): Meter {
  if (name.startsWith(TOOL)) return each(`Calls of ${name.slice(TOOL.length)}`, "Calls");
  return Object.hasOwn(METERS, name) ? (METERS[name] ?? each(name, "Units")) : each(name, "Units");
}
