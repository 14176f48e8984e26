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

/** Budgets of thinking up to which a word stands for them, in tokens; above them it is "high". */
const BUDGETS: readonly (readonly [most: bigint, word: string])[] = [
  [0n, "none"],
  [2_048n, "low"],
  [8_192n, "medium"],
];

/** The wish in words alone: a budget of tokens becomes the word that stands for it, where the caller has written none and the model thinks. */
export function inWords(
  wish: ReasoningOptions | undefined,
  { model, warnings }: ReasoningContext,
): ReasoningOptions | undefined {
  if (wish?.summary !== undefined) warnings.dropped("A reasoning summary");
  if (wish?.maxTokens === undefined) return wish;
  const { maxTokens: budget, ...rest } = wish;
  if (rest.effort !== undefined || !model.capabilities.includes("reasoning")) {
    warnings.dropped("A token limit for reasoning");
    return rest;
  }
  const effort = BUDGETS.find(([most]) => budget <= most)?.[1] ?? "high";
  warnings.say(`The reasoning budget of ${budget} tokens was sent as the effort ${effort}.`);
  return { ...rest, effort };
}

/** `reasoning_effort` as the caller wrote it: each model judges the word itself. */
export const effortOnly: ReasoningMapping = (wish, context) => {
  const effort = inWords(wish, context)?.effort;
  return effort === undefined ? {} : { reasoning_effort: effort };
};

/** `reasoning_effort` with the words a model knows; a model without any gets no such field. */
export function effortAmong(words: (model: ModelEntry) => readonly string[]): ReasoningMapping {
  return (wish, context) => {
    const { model, warnings } = context;
    const effort = nearestEffort(inWords(wish, context), words(model), warnings);
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
    if (wish?.maxTokens !== undefined) context.warnings.dropped("A token limit for reasoning");
    if (wish?.summary !== undefined) context.warnings.dropped("A reasoning summary");
    return thinks ? { thinking: { type: "enabled" } } : {};
  };
}
