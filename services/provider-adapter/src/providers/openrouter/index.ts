import type { Provider, ProviderSettings } from "../../provider.ts";
import { openaiCompatible } from "../openai/compatible.ts";
import { openaiTasks } from "../openai/tasks/table.ts";
import { errors } from "./errors.ts";
import { models } from "./models.ts";
import { reasoning } from "./request.ts";

/** What would have another model answer, or add a fee, without the hold knowing. */
const UNSEEN_PRICE = ["models", "route", "preset", "plugins", "web_search_options"];

/** OpenRouter: other providers behind one door; signed reasoning goes back block by block. https://openrouter.ai/docs */
export function openrouter(settings: ProviderSettings): Provider {
  return openaiCompatible({
    name: "openrouter",
    baseUrl: "https://openrouter.ai/api/v1",
    models,
    environmentVariables: ["OPENROUTER_API_KEY"],
    tasks: openaiTasks,
    wire: {
      extendedSampling: true,
      refused: () => UNSEEN_PRICE,
      reasoning,
      // https://openrouter.ai/docs/features/prompt-caching
      cacheMarks: true,
      reasoningBack: { form: "details", when: "always" },
      errors,
    },
    settings,
  });
}
