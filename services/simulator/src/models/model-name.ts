import { type FaultName, parseFault } from "./faults.ts";

/** The simulated models, with what their owners would call them in a catalogue. */
export const BASES = {
  small: "short answers",
  large: "long answers",
  reasoner: "thinks before it answers",
  exact: "always uses the whole output limit",
} as const;

export type Base = keyof typeof BASES;

/** A parsed `<base>[+<fault>[=<n>]]*`. */
export interface ModelName {
  readonly name: string;
  readonly base: Base;
  /** Faults asked for, with their arguments. */
  readonly faults: ReadonlyMap<FaultName, number>;
}

const NAME_LENGTH_MAX = 256;
const CACHE_SIZE_MAX = 1_000;
const cache = new Map<string, ModelName>();

function isBase(name: string): name is Base {
  return Object.hasOwn(BASES, name);
}

/** Parses a model name; @returns the name, or a sentence that says what is wrong with it. */
export function parseModelName(name: string): ModelName | string {
  const known = cache.get(name);
  if (known !== undefined) return known;
  if (name.length > NAME_LENGTH_MAX) return `A model name has at most ${NAME_LENGTH_MAX} characters.`;
  const [base = "", ...parts] = name.split("+");
  if (!isBase(base)) return `Known simulated models: ${Object.keys(BASES).join(", ")}.`;
  const faults = new Map<FaultName, number>();
  for (const part of parts) {
    const fault = parseFault(part);
    if (typeof fault === "string") return fault;
    faults.set(fault.name, fault.argument);
  }
  const parsed: ModelName = { name, base, faults };
  if (cache.size >= CACHE_SIZE_MAX) cache.clear();
  cache.set(name, parsed);
  return parsed;
}
