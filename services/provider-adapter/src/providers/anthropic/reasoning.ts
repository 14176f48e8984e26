import type { ReasoningOptions } from "@sluice/proto/chat/v1/chat";
import { parseExtra, type Warnings } from "../openai/warnings.ts";
import { isObject, textOf } from "../openai/wire.ts";
import type { Traits } from "./traits.ts";

/** How thinking is asked for. */
export interface MappedReasoning {
  readonly thinking?: Readonly<Record<string, unknown>>;
  /** `output_config.effort`. */
  readonly effort?: string;
}

interface Context {
  readonly provider: string;
  readonly traits: Traits;
  /** The answer's bound in tokens, thinking included. */
  readonly maxTokens: number;
  readonly warnings: Warnings;
}

/** Smallest budget there is. */
const BUDGET_MIN = 1_024;

/** Effort words, the weakest first, with the share of the answer's bound that a budget takes for them. */
const SHARES: readonly (readonly [string, number])[] = [
  ["minimal", 0.1],
  ["low", 0.2],
  ["medium", 0.5],
  ["high", 0.8],
  ["xhigh", 0.9],
  ["max", 0.95],
];
const WORDS = SHARES.map(([word]) => word);

function turnedOff({ provider, traits, warnings }: Context): MappedReasoning {
  switch (traits.off) {
    case "omit":
      return {};
    case "never":
      warnings.say(`This model of ${provider} always thinks: the lowest effort was asked for.`);
      return { effort: "low" };
    default:
      return { thinking: { type: traits.off } };
  }
}

/** Whether thinking is to be shown; undefined leaves it to the model's default. */
function displayOf(wish: ReasoningOptions): "summarized" | "omitted" | undefined {
  if (wish.include === false) return "omitted";
  return wish.include === true || wish.summary !== undefined ? "summarized" : undefined;
}

/** The strongest effort the model knows that is not above the one asked for; else its weakest. */
function nearestEffort(word: string, { traits, warnings }: Context): string | undefined {
  const asked = WORDS.indexOf(word);
  if (asked === -1) {
    warnings.dropped(`The reasoning effort "${word.slice(0, 32)}"`);
    return undefined;
  }
  const chosen = traits.efforts.findLast((effort) => WORDS.indexOf(effort) <= asked) ?? traits.efforts[0];
  if (chosen !== undefined && chosen !== word) {
    warnings.say(`The reasoning effort "${word}" is not known to this model; "${chosen}" was asked for.`);
  }
  return chosen;
}

function byEffort(wish: ReasoningOptions, context: Context): MappedReasoning {
  if (wish.maxTokens !== undefined) context.warnings.dropped("A token limit for reasoning");
  const display = displayOf(wish);
  const effort = wish.effort === undefined ? undefined : nearestEffort(wish.effort, context);
  return {
    thinking: { type: "adaptive", ...(display !== undefined && { display }) },
    ...(effort !== undefined && { effort }),
  };
}

function byBudget(wish: ReasoningOptions, { maxTokens, warnings }: Context): MappedReasoning {
  if (maxTokens <= BUDGET_MIN) {
    warnings.say(
      `Thinking needs an answer of more than ${BUDGET_MIN} tokens, and ${maxTokens} are allowed: it was left off.`,
    );
    return {};
  }
  const share = SHARES.find(([word]) => word === wish.effort)?.[1];
  if (wish.maxTokens === undefined && share === undefined) {
    warnings.dropped(`The reasoning effort "${(wish.effort ?? "").slice(0, 32)}"`);
    return {};
  }
  const asked = wish.maxTokens === undefined ? Math.floor(maxTokens * (share ?? 0)) : Number(wish.maxTokens);
  const budget = Math.min(maxTokens - 1, Math.max(BUDGET_MIN, asked));
  if (wish.maxTokens !== undefined && budget !== asked) {
    warnings.say(`A reasoning limit of ${asked} tokens is not possible here; ${budget} was asked for.`);
  }
  return { thinking: { type: "enabled", budget_tokens: budget } };
}

/** True if the model takes this form of thinking; forms that nobody here knows are the provider's to judge. */
function takes(thinking: Readonly<Record<string, unknown>>, { traits, maxTokens }: Context): boolean {
  const { type, budget_tokens: budget } = thinking;
  switch (type) {
    case "enabled":
      return (traits.thinking === "budget" || traits.thinking === "both") && Number(budget) < maxTokens;
    case "adaptive":
      return traits.thinking === "both" || traits.thinking === "adaptive";
    case "disabled":
      return traits.off === "omit" || traits.off === "disabled";
    default:
      return true;
  }
}

/** The wish as a caller of this very dialect wrote it; undefined if the model does not take it so. */
export function exactReasoning(
  wish: ReasoningOptions | undefined,
  given: Context,
  betas: ReadonlySet<string>,
): MappedReasoning | undefined {
  if (wish?.exactJson === undefined) return undefined;
  // Thinking between calls of tools may take more than one answer has.
  const between = [...betas].some((beta) => beta.startsWith("interleaved-thinking-"));
  const context = between ? { ...given, maxTokens: Number.POSITIVE_INFINITY } : given;
  const written = parseExtra(wish.exactJson, "thinking") ?? {};
  const thinking = isObject(written["thinking"]) ? written["thinking"] : undefined;
  if (thinking !== undefined && !takes(thinking, context)) return undefined;
  const word = textOf(written["effort"]);
  const known = word === "" || context.traits.thinking === "budget" || context.traits.efforts.includes(word);
  const effort = known ? word : nearestEffort(word, context);
  return { ...(thinking && { thinking }), ...(effort && { effort }) };
}

/** Thinking in the form the model accepts. What it cannot do becomes a warning, never an error. */
export function mapReasoning(wish: ReasoningOptions | undefined, context: Context): MappedReasoning {
  const { traits, warnings } = context;
  if (wish === undefined) return {};
  if (wish.effort === "none" || wish.maxTokens === 0n) return turnedOff(context);
  if (wish.effort === undefined && wish.maxTokens === undefined) {
    // Showing is no wish to think: it changes something only for models that think anyway.
    const display = traits.thinksByDefault ? displayOf(wish) : undefined;
    return display === undefined ? {} : { thinking: { type: "adaptive", display } };
  }
  switch (traits.thinking) {
    case "none":
      warnings.dropped("Reasoning by this model");
      return {};
    case "budget":
      return byBudget(wish, context);
    case "both":
      return wish.maxTokens === undefined ? byEffort(wish, context) : byBudget(wish, context);
    case "adaptive":
      return byEffort(wish, context);
  }
}
