import type { Provider, ProviderSettings } from "../../provider.ts";
import { openaiCompatible } from "./compatible.ts";
import { ends } from "./ends.ts";
import { models } from "./models.ts";
import { OWN_WIRE } from "./own-wire.ts";
import { openaiTasks } from "./tasks/table.ts";

/** OpenAI's chat completions; closing the connection stops generation and billing. */
export function openai(settings: ProviderSettings): Provider {
  return openaiCompatible({
    name: "openai",
    baseUrl: "https://api.openai.com/v1",
    models,
    ends,
    environmentVariables: ["OPENAI_API_KEY", "OPENAI_ADMIN_KEY"],
    wire: OWN_WIRE,
    tasks: openaiTasks,
    settings,
  });
}
