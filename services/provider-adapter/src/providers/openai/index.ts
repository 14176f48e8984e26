import type { Provider, ProviderSettings } from "../../provider.ts";
import { openaiCompatible } from "./compatible.ts";
import { ends } from "./ends.ts";
import { models } from "./models.ts";
import { OWN_WIRE } from "./own-wire.ts";
import { openaiResponses } from "./responses/index.ts";
import { needsResponses, responsesModels } from "./responses/models.ts";
import { mapResponses } from "./responses/request.ts";
import { openaiTasks } from "./tasks/table.ts";

/** OpenAI's chat completions, and its Responses for models that know nothing else; closing the connection stops generation and billing. */
export function openai(settings: ProviderSettings): Provider {
  const provider = openaiCompatible({
    name: "openai",
    baseUrl: "https://api.openai.com/v1",
    models: [...models, ...responsesModels],
    ends,
    environmentVariables: ["OPENAI_API_KEY", "OPENAI_ADMIN_KEY"],
    wire: OWN_WIRE,
    tasks: openaiTasks,
    settings,
  });
  const readers = openaiResponses(provider.name);
  return {
    ...provider,
    mapChat: (request, model, entry) =>
      needsResponses(entry.id)
        ? { ...mapResponses(provider.name, request, model, entry), readers }
        : provider.mapChat(request, model, entry),
  };
}
