import type { ReasoningMapping } from "../openai/effort.ts";

/** `reasoning: {effort | max_tokens, exclude}`; a limit in tokens is the more exact wish and wins over an effort. */
export const reasoning: ReasoningMapping = (wish, { warnings }) => {
  if (wish === undefined) return {};
  const { effort, include, maxTokens, summary } = wish;
  if (summary !== undefined) warnings.dropped("A reasoning summary");
  if (maxTokens !== undefined && effort !== undefined) {
    warnings.say("Only one of reasoning effort and token limit can be sent; the limit was.");
  }
  const amount = maxTokens !== undefined ? { max_tokens: Number(maxTokens) } : effort !== undefined && { effort };
  const fields = { ...amount, ...(include === false && { exclude: true }) };
  return Object.keys(fields).length === 0 ? {} : { reasoning: fields };
};
