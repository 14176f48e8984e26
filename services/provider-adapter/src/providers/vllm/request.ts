import { effortOnly, type ReasoningMapping } from "../openai/effort.ts";

/** An effort as the server's model understands it, and whether the thinking is to be told. */
export const reasoning: ReasoningMapping = (wish, context) => ({
  ...effortOnly(wish, context),
  ...(wish?.include === false && { include_reasoning: false }),
});
