import type { Provider, ProviderSettings } from "../../provider.ts";
import { anthropicMessages } from "./compatible.ts";
import { ends } from "./ends.ts";
import { models } from "./models.ts";

/** Anthropic's Messages; closing the connection stops generation and billing. */
export function anthropic(settings: ProviderSettings): Provider {
  return anthropicMessages({
    name: "anthropic",
    baseUrl: "https://api.anthropic.com/v1",
    models,
    ends,
    environmentVariables: ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"],
    settings,
  });
}
