import type { Provider, ProviderSettings } from "../../provider.ts";
import { geminiGenerate } from "./compatible.ts";
import { ends } from "./ends.ts";
import { models } from "./models.ts";

/** Google's generateContent with an API key. It runs to the end and bills in full when a caller leaves, so the answer is read to its end. */
export function gemini(settings: ProviderSettings): Provider {
  return geminiGenerate({
    name: "gemini",
    baseUrl: "https://generativelanguage.googleapis.com/v1beta",
    models,
    ends,
    environmentVariables: ["GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"],
    settings,
  });
}
