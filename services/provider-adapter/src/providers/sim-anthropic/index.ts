import type { Provider, ProviderSettings } from "../../provider.ts";
import { anthropicMessages } from "../anthropic/compatible.ts";
import { usageLookUp } from "../sim/usage-lookup.ts";
import { models } from "./models.ts";

/** The built-in simulator over Anthropic's wire: the same door, credential and models as `sim`. */
export function simAnthropic(settings: ProviderSettings): Provider {
  return anthropicMessages({
    name: "sim-anthropic",
    baseUrl: undefined,
    models,
    credential: "derived",
    simulated: true,
    abandon: "drain",
    usageLookUp,
    settings,
  });
}
