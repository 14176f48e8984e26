import { reasons } from "../models.ts";
import { effortAmong, type ReasoningMapping } from "../openai/effort.ts";

const degrees = effortAmong(({ id }) => (id.startsWith("openai/gpt-oss") ? ["low", "medium", "high"] : []));

/** Degrees of effort for one family, a switch for the other thinking models. https://docs.together.ai/docs/reasoning-models-guide */
export const reasoning: ReasoningMapping = (wish, context) => {
  const { id } = context.model;
  if (wish?.effort === undefined || id.startsWith("openai/gpt-oss") || !reasons(context.model)) {
    return degrees(wish, context);
  }
  if (wish.maxTokens !== undefined) context.warnings.dropped("A token limit for reasoning");
  return { reasoning: { enabled: wish.effort !== "none" } };
};
