import type { ReasoningOptions } from "@sluice/proto/chat/v1/chat";
import type { Warnings } from "../openai/warnings.ts";

/** Effort words, the weakest first. */
const WORDS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
const DEGREES = ["low", "medium", "high"];

/** How each maker's models are asked to think, by the model's id. */
const FORMS: readonly (readonly [RegExp, (degree: string) => Readonly<Record<string, unknown>>])[] = [
  [/gpt-oss/, (degree) => ({ reasoning_effort: degree })],
  [/nova-2/, (degree) => ({ reasoningConfig: { type: "enabled", maxReasoningEffort: degree } })],
  [/qwen3|deepseek\.v3/, (degree) => ({ reasoning_config: degree })],
];

/** The strongest of the three degrees that is not above the effort asked for, else the weakest. */
function degreeOf(effort: string): string | undefined {
  const asked = WORDS.indexOf(effort);
  if (asked === -1) return undefined;
  return DEGREES.findLast((degree) => WORDS.indexOf(degree) <= asked) ?? DEGREES[0];
}

/**
 * Fields that ask a model for thinking, of makers other than Anthropic. None of them can be kept from thinking by a field, but most do not
 * unless they are asked. What cannot be said becomes a warning.
 */
export function foreignReasoning(
  wish: ReasoningOptions | undefined,
  model: string,
  warnings: Warnings,
): Readonly<Record<string, unknown>> {
  if (wish === undefined || wish.effort === "none" || wish.maxTokens === 0n) return {};
  if (wish.maxTokens !== undefined) warnings.dropped("A token limit for reasoning");
  const form = FORMS.find(([pattern]) => pattern.test(model))?.[1];
  if (wish.effort === undefined) return {};
  const degree = degreeOf(wish.effort);
  if (form === undefined || degree === undefined) {
    warnings.dropped(`The reasoning effort "${wish.effort.slice(0, 32)}" of this model`);
    return {};
  }
  if (degree !== wish.effort) {
    warnings.say(`The reasoning effort "${wish.effort}" is not known to this model; "${degree}" was asked for.`);
  }
  return form(degree);
}
