import type { Provider, ProviderSettings } from "../../provider.ts";
import { reasons } from "../models.ts";
import { openaiCompatible } from "../openai/compatible.ts";
import { effortAmong } from "../openai/effort.ts";
import { errors } from "./errors.ts";
import { effortsOf, models } from "./models.ts";

/** Refused by all, or adding a fee for each source without the hold knowing. */
const REFUSED = ["logit_bias", "search_parameters", "deferred"];

/** What reasoning models refuse too. https://docs.x.ai/docs/guides/reasoning */
const REFUSED_THINKING = [...REFUSED, "stop", "presence_penalty", "frequency_penalty"];

/** xAI's chat completions, where completion tokens leave reasoning out. */
export function xai(settings: ProviderSettings): Provider {
  return openaiCompatible({
    name: "xai",
    baseUrl: "https://api.x.ai/v1",
    models,
    environmentVariables: ["XAI_API_KEY"],
    wire: {
      maxTokensField: "max_completion_tokens",
      refused: (model) => (reasons(model) ? REFUSED_THINKING : REFUSED),
      reasoning: effortAmong(effortsOf),
      reasoningBack: { form: "reasoning_content", when: "tool_turns" },
      usage: { reasoningIsExtra: true },
      errors,
    },
    settings,
  });
}
