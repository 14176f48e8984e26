import type { Provider, ProviderSettings } from "../../provider.ts";
import { geminiGenerate } from "../gemini/compatible.ts";
import { usageLookUp } from "../sim/usage-lookup.ts";
import { models } from "./models.ts";

/** The built-in simulator over Gemini's wire: the same door, credential and models as `sim`. */
export function simGemini(settings: ProviderSettings): Provider {
  return geminiGenerate({
    name: "sim-gemini",
    baseUrl: undefined,
    models,
    credential: "derived",
    simulated: true,
    abandon: "drain",
    usageLookUp,
    settings,
  });
}
