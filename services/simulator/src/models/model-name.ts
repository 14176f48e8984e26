import { type FaultName, parseFault } from "./faults.ts";

/** The simulated models, with what their owners would call them in a catalogue. */
export const BASES = {
  small: "short answers",
  large: "long answers",
  reasoner: "thinks before it answers",
  exact: "always uses the whole output limit",
} as const;

export type Base = keyof typeof BASES;

/** The simulated models for what is asked beside chats. */
export const TASK_BASES = {
  embedder: "makes vectors of texts",
  reranker: "orders documents",
  moderator: "judges content",
  painter: "makes images",
  speaker: "reads aloud",
  listener: "writes down what it hears",
} as const;

export type TaskBase = keyof typeof TASK_BASES;

/** A parsed `<base>[+<fault>[=<n>]]*`. */
export interface ModelName extends FaultyName {
  readonly base: Base;
}

/** A name with what is to go wrong. */
export interface FaultyName {
  readonly name: string;
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
  const faults = parseFaults(parts);
  if (typeof faults === "string") return faults;
  const parsed: ModelName = { name, base, faults };
  if (cache.size >= CACHE_SIZE_MAX) cache.clear();
  cache.set(name, parsed);
  return parsed;
}

/** Parses the name of a model beside chat; @returns the name, or a sentence that says what is wrong with it. */
export function parseTaskModel(name: string, base: TaskBase): FaultyName | string {
  if (name.length > NAME_LENGTH_MAX) return `A model name has at most ${NAME_LENGTH_MAX} characters.`;
  const [given = "", ...parts] = name.split("+");
  if (given !== base) return `The simulated model for this is ${base}.`;
  const faults = parseFaults(parts);
  return typeof faults === "string" ? faults : { name, faults };
}

function parseFaults(parts: readonly string[]): ReadonlyMap<FaultName, number> | string {
  const faults = new Map<FaultName, number>();
  for (const part of parts) {
    const fault = parseFault(part);
    if (typeof fault === "string") return fault;
    faults.set(fault.name, fault.argument);
  }
  return faults;
}
