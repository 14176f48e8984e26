import { effortAmong, inWords, type ReasoningMapping } from "../openai/effort.ts";

const GPT_OSS = /^openai\/gpt-oss/;
const QWEN = /^qwen\//;

const gptOssEffort = effortAmong(() => ["low", "medium", "high"]);
const noEffort = effortAmong(() => []);

/**
 * Two kinds of thinking models: one with degrees, one with a switch whose thinking would stand inside the text unless a format
 * is asked for. https://console.groq.com/docs/reasoning
 */
export const reasoning: ReasoningMapping = (wish, context) => {
  const hidden = wish?.include === false;
  if (GPT_OSS.test(context.model.id)) {
    return { ...gptOssEffort(wish, context), ...(hidden && { include_reasoning: false }) };
  }
  if (!QWEN.test(context.model.id)) return noEffort(wish, context);
  const asked = inWords(wish, context)?.effort;
  return {
    reasoning_format: hidden ? "hidden" : "parsed",
    ...(asked !== undefined && { reasoning_effort: asked === "none" ? "none" : "default" }),
  };
};
