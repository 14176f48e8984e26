import type { ModelEntry } from "../../provider.ts";

/**
 * What a model of this wire accepts. It changed with nearly every generation, and a field too many is a refused
 * request; https://platform.claude.com/docs/en/build-with-claude/thinking
 */
export interface Traits {
  /** How thinking is asked for: not at all, by a budget of tokens, either way, or only by effort. */
  readonly thinking: "none" | "budget" | "both" | "adaptive";
  /** True if it thinks unless told otherwise. */
  readonly thinksByDefault: boolean;
  /** How thinking is turned off; "omit" leaves the field out, "never" means that it cannot be. */
  readonly off: "omit" | "disabled" | "between_tools" | "never";
  /** Effort words it knows, the weakest first. */
  readonly efforts: readonly string[];
  /** Sampling knobs: any, only one of temperature and top_p, or none. */
  readonly sampling: "free" | "one" | "fixed";
  /** True if it can be made to call a tool. */
  readonly forcedTools: boolean;
  /** True if it can be held to a JSON Schema. */
  readonly jsonSchema: boolean;
}

interface Generation {
  readonly family: string;
  /** Major times 100 plus minor: 4.6 is 406. */
  readonly version: number;
}

const NEVER = Number.POSITIVE_INFINITY;

/** From which version on each family behaves so; families not named: never. */
const ADAPTIVE_ONLY = { opus: 407, sonnet: 500, haiku: 505, fable: 0, mythos: 0 };
const EITHER_WAY = { opus: 406, sonnet: 406 };
const BY_BUDGET = { opus: 400, sonnet: 307, haiku: 405 };
const THINKS_BY_DEFAULT = { opus: 500, sonnet: 500, haiku: 505, fable: 0, mythos: 0 };
const CANNOT_STOP_THINKING = { opus: 505, fable: 0, mythos: 0 };
const BETWEEN_TOOLS = { sonnet: 505 };
const ONE_KNOB = { opus: 401, sonnet: 405, haiku: 405 };
const NO_FORCED_TOOLS = { opus: 505, sonnet: 505, fable: 501, mythos: 501 };
const JSON_SCHEMA = { opus: 401, sonnet: 405, haiku: 405, fable: 0, mythos: 0 };

/** Family and version in a model's name, whatever stands around them and however old the way of naming is. */
export function generationOf(model: string): Generation | undefined {
  const now = /claude-([a-z]+)-(\d)(?:[.-](\d{1,2}))?(?!\d)/.exec(model);
  if (now !== null) return { family: now[1] ?? "", version: Number(now[2]) * 100 + Number(now[3] ?? 0) };
  const before = /claude-(\d)(?:[.-](\d))?-([a-z]+)/.exec(model);
  if (before !== null) return { family: before[3] ?? "", version: Number(before[1]) * 100 + Number(before[2] ?? 0) };
  return /claude-/.test(model) ? { family: "", version: 0 } : undefined;
}

function since(generation: Generation, table: Readonly<Record<string, number>>): boolean {
  const from = Object.hasOwn(table, generation.family) ? table[generation.family] : undefined;
  return generation.version >= (from ?? NEVER);
}

function thinkingOf(generation: Generation): Traits["thinking"] {
  if (since(generation, ADAPTIVE_ONLY)) return "adaptive";
  if (since(generation, EITHER_WAY)) return "both";
  return since(generation, BY_BUDGET) ? "budget" : "none";
}

const EFFORTS: Readonly<Record<Traits["thinking"], readonly string[]>> = {
  none: [],
  budget: [],
  both: ["low", "medium", "high", "max"],
  adaptive: ["low", "medium", "high", "xhigh", "max"],
};

function offOf(generation: Generation, thinksByDefault: boolean): Traits["off"] {
  if (since(generation, CANNOT_STOP_THINKING)) return "never";
  if (since(generation, BETWEEN_TOOLS)) return "between_tools";
  return thinksByDefault ? "disabled" : "omit";
}

function known(generation: Generation): Traits {
  const thinking = thinkingOf(generation);
  const thinksByDefault = since(generation, THINKS_BY_DEFAULT);
  const oneKnob = since(generation, ONE_KNOB) ? "one" : "free";
  return {
    thinking,
    thinksByDefault,
    off: offOf(generation, thinksByDefault),
    efforts: EFFORTS[thinking],
    sampling: thinking === "adaptive" ? "fixed" : oneKnob,
    forcedTools: !since(generation, NO_FORCED_TOOLS),
    jsonSchema: since(generation, JSON_SCHEMA),
  };
}

/** Another maker's model behind this wire accepts what its entry says, in the form that came first. */
function foreign(entry: ModelEntry): Traits {
  return {
    thinking: entry.capabilities.includes("reasoning") ? "budget" : "none",
    thinksByDefault: false,
    off: "omit",
    efforts: [],
    sampling: "free",
    forcedTools: true,
    jsonSchema: entry.capabilities.includes("json_schema"),
  };
}

/** What the model accepts, by its name's generation; newer ones are taken to be like the newest known. */
export function traitsOf(model: string, entry: ModelEntry): Traits {
  const generation = generationOf(model) ?? generationOf(entry.id);
  return generation === undefined ? foreign(entry) : known(generation);
}
