import type { Provider, ProviderSettings } from "../../provider.ts";
import { openaiCompatible } from "../openai/compatible.ts";
import { openaiTasks } from "../openai/tasks/table.ts";
import { models } from "./models.ts";
import { usageLookUp } from "./usage-lookup.ts";

/** The built-in simulator: OpenAI's wire, a credential made by the installation, answers read to the end when a caller leaves. */
export function sim(settings: ProviderSettings): Provider {
  return openaiCompatible({
    name: "sim",
    baseUrl: undefined,
    models,
    credential: "derived",
    simulated: true,
    abandon: "drain",
    usageLookUp,
    tasks: openaiTasks,
    wire: {
      developerRole: true,
      unpaired: true,
      maxTokensField: "max_completion_tokens",
      reasoningBack: { form: "reasoning_content", when: "always" },
    },
    settings,
  });
}
