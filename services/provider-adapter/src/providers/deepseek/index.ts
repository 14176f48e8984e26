import type { Provider, ProviderSettings } from "../../provider.ts";
import { openaiCompatible } from "../openai/compatible.ts";
import { thinkingSwitch } from "../openai/effort.ts";
import { models } from "./models.ts";

/** DeepSeek maps every effort word itself. */
const EFFORTS = ["minimal", "low", "medium", "high", "xhigh", "max"];

/** DeepSeek: thinking is switched per request, and comes back with turns in which tools were called. https://api-docs.deepseek.com */
export function deepseek(settings: ProviderSettings): Provider {
  return openaiCompatible({
    name: "deepseek",
    baseUrl: "https://api.deepseek.com",
    models,
    environmentVariables: ["DEEPSEEK_API_KEY"],
    wire: {
      manyAnswers: false,
      jsonSchema: () => false,
      reasoning: thinkingSwitch(() => EFFORTS),
      reasoningBack: { form: "reasoning_content", when: "tool_turns" },
      errors: {
        words: {},
        sentences: [
          [/content exists risk/i, "upstream_content_blocked"],
          [/model not exist/i, "upstream_model_not_found"],
        ],
      },
    },
    settings,
  });
}
