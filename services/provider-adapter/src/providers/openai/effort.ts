import type { ReasoningOptions } from "@sluice/proto/chat/v1/chat";
import type { ModelEntry } from "../../provider.ts";
import type { Warnings } from "./warnings.ts";

/** What the mapping of a reasoning wish needs besides the wish. */
export interface ReasoningContext {
  readonly model: ModelEntry;
  readonly warnings: Warnings;
}

/** Body fields for a reasoning wish; also asked without one, for models whose default must be changed. */
export type ReasoningMapping = (
  wish: ReasoningOptions | undefined,
  context: ReasoningContext,
) => Readonly<Record<string, unknown>>;

/** Effort words from least to most. */
const SCALE: readonly string[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/** The accepted word nearest to the one asked for, told as a warning when it is another; undefined without a wish. */
export function nearestEffort(
  wish: ReasoningOptions | undefined,
  accepted: readonly string[],
  warnings: Warnings,
): string | undefined {
  const asked = wish?.effort;
  if (asked === undefined || accepted.includes(asked)) return asked;
  const place = SCALE.indexOf(asked);
  // Switching thinking off is another wish than a little of it.
  const known = accepted.filter((word) => SCALE.includes(word) && word !== "none");
  // Of two equally near the greater one, hence the quarter.
  const distance = (word: string): number => Math.abs(SCALE.indexOf(word) - place - 0.25);
  const [nearest] = [...known].sort((a, b) => distance(a) - distance(b));
  if (place === -1 || nearest === undefined) {
    warnings.dropped(`The reasoning effort ${asked.slice(0, 32)}`);
    return undefined;
  }
  warnings.say(`The reasoning effort ${asked} was sent as ${nearest}, the nearest this model knows.`);
  return nearest;
}

function dropRest(wish: ReasoningOptions | undefined, warnings: Warnings): void {
  if (wish?.maxTokens !== undefined) warnings.dropped("A token limit for reasoning");
  if (wish?.summary !== undefined) warnings.dropped("A reasoning summary");
}

/** `reasoning_effort` as the caller wrote it: each model judges the word itself. */
export const effortOnly: ReasoningMapping = (wish, { warnings }) => {
  dropRest(wish, warnings);
  return wish?.effort === undefined ? {} : { reasoning_effort: wish.effort };
};

/** `reasoning_effort` with the words a model knows; a model without any gets no such field. */
export function effortAmong(words: (model: ModelEntry) => readonly string[]): ReasoningMapping {
  return (wish, { model, warnings }) => {
    dropRest(wish, warnings);
    const effort = nearestEffort(wish, words(model), warnings);
    return effort === undefined ? {} : { reasoning_effort: effort };
  };
}

/** `thinking: {type}` beside an effort, for models that can switch thinking on and off. */
export function thinkingSwitch(words: (model: ModelEntry) => readonly string[]): ReasoningMapping {
  const effortOf = effortAmong(words);
  return (wish, context) => {
    if (wish?.effort === "none") return { thinking: { type: "disabled" } };
    const thinks = wish?.effort !== undefined || wish?.maxTokens !== undefined;
    if (words(context.model).length > 0) {
      return { ...effortOf(wish, context), ...(thinks && { thinking: { type: "enabled" } }) };
    }
    dropRest(wish, context.warnings);
    return thinks ? { thinking: { type: "enabled" } } : {};
  };
}
