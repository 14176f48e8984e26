import type { Provider, ProviderSettings } from "../../provider.ts";
import { openaiCompatible } from "../openai/compatible.ts";
import { effortAmong } from "../openai/effort.ts";
import { openaiTasks } from "../openai/tasks/table.ts";
import { models } from "./models.ts";

/** Ollama on this machine, through its OpenAI door; which models it has, configuration says. https://docs.ollama.com/openai */
export function ollama(settings: ProviderSettings): Provider {
  return openaiCompatible({
    name: "ollama",
    baseUrl: "http://127.0.0.1:11434/v1",
    models,
    credential: "none",
    environmentVariables: ["OLLAMA_API_KEY"],
    tasks: openaiTasks,
    wire: {
      manyAnswers: false,
      // It ignores tool_choice, so that a choice can only be made by the tools sent.
      toolChoice: new Set(["auto"]),
      reasoning: effortAmong(() => ["none", "low", "medium", "high"]),
      reasoningBack: { form: "reasoning", when: "tool_turns" },
    },
    settings,
  });
}
