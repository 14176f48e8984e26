import type { Provider, ProviderSettings } from "../../provider.ts";
import { openaiCompatible } from "../openai/compatible.ts";
import { models } from "./models.ts";

/**
 * Hugging Face's router: one wire before many inference providers, whose habits differ; what one of them does when a caller leaves is not
 * known, so the answer is read to its end. https://huggingface.co/docs/inference-providers/tasks/chat-completion
 */
export function huggingface(settings: ProviderSettings): Provider {
  return openaiCompatible({
    name: "huggingface",
    baseUrl: "https://router.huggingface.co/v1",
    models,
    abandon: "drain",
    environmentVariables: ["HF_TOKEN", "HUGGINGFACE_API_KEY", "HUGGING_FACE_HUB_TOKEN"],
    wire: {
      errors: {
        words: { model_not_supported: "upstream_model_not_found" },
        sentences: [
          [/exceeded your monthly included credits|pre-paid credits/i, "upstream_quota_exhausted"],
          [/not supported by any provider|model .*does not exist/i, "upstream_model_not_found"],
        ],
      },
    },
    settings,
  });
}
