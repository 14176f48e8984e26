import type { Provider, ProviderSettings } from "../../provider.ts";
import { keepsSchema } from "../models.ts";
import { openaiCompatible } from "../openai/compatible.ts";
import { openaiTasks } from "../openai/tasks/table.ts";
import { errors } from "./errors.ts";
import { models } from "./models.ts";
import { reasoning } from "./request.ts";

/** Qwen on DashScope's compatible mode, international door; answers run to their end. https://www.alibabacloud.com/help/en/model-studio */
export function qwen(settings: ProviderSettings): Provider {
  return openaiCompatible({
    name: "qwen",
    baseUrl: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    models,
    abandon: "drain",
    environmentVariables: ["DASHSCOPE_API_KEY"],
    tasks: openaiTasks,
    wire: {
      extendedSampling: true,
      // A search adds a fee without the hold knowing.
      refused: () => ["enable_search", "search_options"],
      jsonSchema: keepsSchema,
      reasoning,
      reasoningBack: { form: "reasoning_content", when: "tool_turns" },
      errors,
    },
    settings,
  });
}
