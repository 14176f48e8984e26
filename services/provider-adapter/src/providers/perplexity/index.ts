import type { Provider, ProviderSettings } from "../../provider.ts";
import { openaiCompatible } from "../openai/compatible.ts";
import { effortAmong } from "../openai/effort.ts";
import { models } from "./models.ts";
import { serverCalls } from "./usage.ts";

/** Perplexity: answers from a web search, without tools of the caller; they run to their end. https://docs.perplexity.ai */
export function perplexity(settings: ProviderSettings): Provider {
  return openaiCompatible({
    name: "perplexity",
    baseUrl: "https://api.perplexity.ai",
    models,
    abandon: "drain",
    environmentVariables: ["PERPLEXITY_API_KEY", "PERPLEXITYAI_API_KEY"],
    wire: {
      // Every event carries the usage so far without being asked.
      streamUsage: false,
      manyAnswers: false,
      tools: false,
      jsonObject: false,
      reasoning: effortAmong(({ id }) => (id.includes("reasoning") ? ["minimal", "low", "medium", "high"] : [])),
      usage: { serverCalls },
      errors: {
        words: {
          too_many_prompt_tokens: "upstream_context_too_long",
          invalid_model: "upstream_model_not_found",
        },
        sentences: [],
      },
    },
    settings,
  });
}
