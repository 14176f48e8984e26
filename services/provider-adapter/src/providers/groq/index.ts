import type { Provider, ProviderSettings } from "../../provider.ts";
import { keepsSchema } from "../models.ts";
import { openaiCompatible } from "../openai/compatible.ts";
import { speech } from "../openai/tasks/speech.ts";
import { transcriptions } from "../openai/tasks/transcriptions.ts";
import { errors } from "./errors.ts";
import { models } from "./models.ts";
import { reasoning } from "./request.ts";

/** Groq: one answer at a time, no log probabilities; answers run to their end. https://console.groq.com/docs/openai */
export function groq(settings: ProviderSettings): Provider {
  return openaiCompatible({
    name: "groq",
    baseUrl: "https://api.groq.com/openai/v1",
    models,
    abandon: "drain",
    environmentVariables: ["GROQ_API_KEY"],
    tasks: (source) => ({ transcription: transcriptions(source), speech: speech(source) }),
    wire: {
      maxTokensField: "max_completion_tokens",
      manyAnswers: false,
      refused: () => ["logprobs", "top_logprobs", "logit_bias"],
      only: { body: undefined, message: new Set(), part: undefined },
      jsonSchema: keepsSchema,
      reasoning,
      reasoningBack: { form: "reasoning", when: "tool_turns" },
      usage: { holder: "x_groq" },
      errors,
    },
    settings,
  });
}
