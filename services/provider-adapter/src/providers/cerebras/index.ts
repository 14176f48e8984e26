import type { Provider, ProviderSettings } from "../../provider.ts";
import { openaiCompatible } from "../openai/compatible.ts";
import { effortAmong } from "../openai/effort.ts";
import { effortsOf, models } from "./models.ts";

/** What it answers with a 400. https://inference-docs.cerebras.ai/resources/openai */
const REFUSED = ["frequency_penalty", "presence_penalty", "logit_bias"];

/** Cerebras: one answer at a time, streams without a closing mark. */
export function cerebras(settings: ProviderSettings): Provider {
  return openaiCompatible({
    name: "cerebras",
    baseUrl: "https://api.cerebras.ai/v1",
    models,
    environmentVariables: ["CEREBRAS_API_KEY"],
    wire: {
      maxTokensField: "max_completion_tokens",
      manyAnswers: false,
      temperatureMax: 1.5,
      refused: () => REFUSED,
      reasoning: effortAmong(effortsOf),
      reasoningBack: { form: "reasoning", when: "tool_turns" },
      errors: {
        words: {
          wrong_api_key: "upstream_unauthenticated",
          request_quota_exceeded: "upstream_rate_limited",
          token_quota_exceeded: "upstream_rate_limited",
          too_many_requests_error: "upstream_rate_limited",
          queue_exceeded: "upstream_overloaded",
          payment_required: "upstream_quota_exhausted",
          tool_use_failed: "upstream_bad_response",
        },
        sentences: [],
      },
    },
    settings,
  });
}
