import type { Provider, ProviderSettings } from "../../provider.ts";
import { openaiCompatible } from "../openai/compatible.ts";
import { openaiTasks } from "../openai/tasks/table.ts";
import { models } from "./models.ts";
import { reasoning } from "./request.ts";

/** A vLLM server on this machine; which model it serves, configuration says. https://docs.vllm.ai/en/latest/serving/openai_compatible_server */
export function vllm(settings: ProviderSettings): Provider {
  return openaiCompatible({
    name: "vllm",
    baseUrl: "http://127.0.0.1:8000/v1",
    models,
    credential: "none",
    environmentVariables: ["VLLM_API_KEY"],
    tasks: openaiTasks,
    wire: {
      extendedSampling: true,
      reasoning,
      reasoningBack: { form: "reasoning", when: "tool_turns" },
      errors: {
        words: {
          NotFoundError: "upstream_model_not_found",
          AuthenticationError: "upstream_unauthenticated",
          ServiceUnavailableError: "upstream_overloaded",
          InternalServerError: "upstream_unavailable",
        },
        sentences: [],
      },
    },
    settings,
  });
}
