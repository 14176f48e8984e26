import type { Provider, ProviderSettings } from "../../provider.ts";
import { openaiCompatible } from "../openai/compatible.ts";
import { openaiTasks } from "../openai/tasks/table.ts";
import { models } from "./models.ts";

/** LM Studio on this machine; which models it has, configuration says. https://lmstudio.ai/docs/developer/openai-compat */
export function lmstudio(settings: ProviderSettings): Provider {
  return openaiCompatible({
    name: "lmstudio",
    baseUrl: "http://127.0.0.1:1234/v1",
    models,
    credential: "none",
    tasks: openaiTasks,
    wire: {
      extendedSampling: true,
      manyAnswers: false,
      renamed: { repetition_penalty: "repeat_penalty" },
      toolChoice: new Set(["auto", "none", "required"]),
      // It holds answers to a schema, but knows no mere JSON.
      jsonObject: false,
      reasoningBack: { form: "reasoning_content", when: "tool_turns" },
      errors: {
        words: {},
        sentences: [[/model .*not (?:found|loaded)|no models? loaded/i, "upstream_model_not_found"]],
      },
    },
    settings,
  });
}
