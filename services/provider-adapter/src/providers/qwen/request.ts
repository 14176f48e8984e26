import { reasons } from "../models.ts";
import type { ReasoningMapping } from "../openai/effort.ts";

/** `enable_thinking` with a budget in tokens: there are no degrees of effort. */
export const reasoning: ReasoningMapping = (wish, { model, warnings }) => {
  if (wish === undefined) return {};
  const { effort, maxTokens, summary } = wish;
  if (summary !== undefined) warnings.dropped("A reasoning summary");
  if (effort === undefined && maxTokens === undefined) return {};
  if (!reasons(model)) {
    warnings.dropped("Thinking with this model");
    return {};
  }
  if (effort === "none") return { enable_thinking: false };
  if (effort !== undefined && maxTokens === undefined) {
    warnings.say("There are no degrees of reasoning effort; thinking was switched on.");
  }
  return { enable_thinking: true, ...(maxTokens !== undefined && { thinking_budget: Number(maxTokens) }) };
};
