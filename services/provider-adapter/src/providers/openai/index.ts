import type { Provider, ProviderSettings } from "../../provider.ts";
import { openaiCompatible } from "./compatible.ts";
import { fixedSampling, models } from "./models.ts";

/** OpenAI's chat completions; closing the connection stops generation and billing. */
export function openai(settings: ProviderSettings): Provider {
  return openaiCompatible({
    name: "openai",
    baseUrl: "https://api.openai.com/v1",
    models,
    environmentVariables: ["OPENAI_API_KEY", "OPENAI_ADMIN_KEY"],
    wire: {
      developerRole: true,
      unpaired: true,
      maxTokensField: "max_completion_tokens",
      toolChoice: new Set(["auto", "none", "required", "named", "allowed"]),
      fixedSampling,
    },
    settings,
  });
}
