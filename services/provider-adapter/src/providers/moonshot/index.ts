import type { Provider, ProviderSettings } from "../../provider.ts";
import { openaiCompatible } from "../openai/compatible.ts";
import { errors } from "./errors.ts";
import { models } from "./models.ts";
import { reasoning, refused } from "./request.ts";

/** Moonshot's Kimi, international door: sampling is fixed, thinking comes back. https://platform.kimi.ai/docs */
export function moonshot(settings: ProviderSettings): Provider {
  return openaiCompatible({
    name: "moonshot",
    baseUrl: "https://api.moonshot.ai/v1",
    models,
    environmentVariables: ["MOONSHOT_API_KEY"],
    wire: {
      temperatureMax: 1,
      toolChoice: new Set(["auto", "none"]),
      refused,
      reasoning,
      reasoningBack: { form: "reasoning_content", when: "always" },
      errors,
    },
    settings,
  });
}
