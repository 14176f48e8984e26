import type { Provider, ProviderSettings } from "../../provider.ts";
import { reasons } from "../models.ts";
import { openaiCompatible } from "../openai/compatible.ts";
import { effortAmong } from "../openai/effort.ts";
import { openaiTasks } from "../openai/tasks/table.ts";
import { models } from "./models.ts";

const EFFORTS = ["none", "low", "medium", "high"];

/** Fireworks: open models with extended sampling. https://docs.fireworks.ai/api-reference/post-chatcompletions */
export function fireworks(settings: ProviderSettings): Provider {
  return openaiCompatible({
    name: "fireworks",
    baseUrl: "https://api.fireworks.ai/inference/v1",
    models,
    environmentVariables: ["FIREWORKS_API_KEY"],
    tasks: openaiTasks,
    wire: {
      extendedSampling: true,
      // Unless told otherwise it cuts the answer short so that prompt and answer fit.
      defaults: { context_length_exceeded_behavior: "error" },
      reasoning: effortAmong((model) => (reasons(model) ? EFFORTS : [])),
      reasoningBack: { form: "reasoning_content", when: "always" },
      errors: {
        words: { NOT_FOUND: "upstream_model_not_found", PRECONDITION_FAILED: "upstream_quota_exhausted" },
        sentences: [[/account .{0,80}is suspended|spending limit/i, "upstream_quota_exhausted"]],
      },
    },
    settings,
  });
}
