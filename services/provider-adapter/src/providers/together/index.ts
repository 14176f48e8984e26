import type { Provider, ProviderSettings } from "../../provider.ts";
import { openaiCompatible } from "../openai/compatible.ts";
import { openaiTasks } from "../openai/tasks/table.ts";
import { models } from "./models.ts";
import { reasoning } from "./request.ts";

/** Together: open models with extended sampling. https://docs.together.ai/reference/chat-completions-1 */
export function together(settings: ProviderSettings): Provider {
  return openaiCompatible({
    name: "together",
    baseUrl: "https://api.together.xyz/v1",
    models,
    environmentVariables: ["TOGETHER_API_KEY", "TOGETHERAI_API_KEY"],
    tasks: openaiTasks,
    wire: {
      extendedSampling: true,
      reasoning,
      errors: {
        words: {
          model_not_available: "upstream_model_not_found",
          credit_limit: "upstream_quota_exhausted",
          service_overloaded: "upstream_overloaded",
        },
        sentences: [[/credit limit exceeded|negative balance/i, "upstream_quota_exhausted"]],
      },
    },
    settings,
  });
}
