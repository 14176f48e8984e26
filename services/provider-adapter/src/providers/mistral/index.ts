import type { Provider, ProviderSettings } from "../../provider.ts";
import { openaiCompatible } from "../openai/compatible.ts";
import { embeddings } from "../openai/tasks/embeddings.ts";
import { moderations } from "../openai/tasks/moderations.ts";
import { transcriptions } from "../openai/tasks/transcriptions.ts";
import { errors } from "./errors.ts";
import { models } from "./models.ts";
import { only, reasoning, toolCallId } from "./request.ts";

/** Mistral refuses fields it does not know; an abandoned answer is generated and billed to its end. https://docs.mistral.ai/api */
export function mistral(settings: ProviderSettings): Provider {
  return openaiCompatible({
    name: "mistral",
    baseUrl: "https://api.mistral.ai/v1",
    models,
    abandon: "drain",
    environmentVariables: ["MISTRAL_API_KEY"],
    tasks: (source) => ({
      embeddings: embeddings(source, { dimensionsField: "output_dimension", tokens: false, labels: false }),
      moderation: moderations(source),
      transcription: transcriptions(source),
    }),
    wire: {
      // The last event carries usage without being asked, and asking is refused.
      streamUsage: false,
      temperatureMax: 1.5,
      renamed: { seed: "random_seed" },
      only,
      requiredWord: "any",
      toolCallId,
      reasoning,
      reasoningBack: { form: "thinking", when: "always" },
      errors,
    },
    settings,
  });
}
