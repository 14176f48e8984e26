import type { Provider, ProviderSettings } from "../../provider.ts";
import { reasons } from "../models.ts";
import { openaiCompatible } from "../openai/compatible.ts";
import { thinkingSwitch } from "../openai/effort.ts";
import { errors } from "./errors.ts";
import { models } from "./models.ts";

/** The one generation with degrees of effort. */
const effortsOf = ({ id }: { readonly id: string }) => (id === "glm-5.2" ? ["low", "medium", "high"] : []);

/** Zhipu's GLM, international door. https://docs.z.ai/api-reference */
export function zhipu(settings: ProviderSettings): Provider {
  const thinking = thinkingSwitch(effortsOf);
  return openaiCompatible({
    name: "zhipu",
    baseUrl: "https://api.z.ai/api/paas/v4",
    models,
    environmentVariables: ["ZHIPUAI_API_KEY", "ZAI_API_KEY"],
    wire: {
      manyAnswers: false,
      temperatureMax: 1,
      toolChoice: new Set(["auto"]),
      jsonSchema: () => false,
      reasoning: (wish, context) => (reasons(context.model) ? thinking(wish, context) : {}),
      reasoningBack: { form: "reasoning_content", when: "tool_turns" },
      errors,
    },
    settings,
  });
}
