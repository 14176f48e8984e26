import type { ModelEntry } from "@sluice/proto/router/v1/router_service";

const METHODS = ["generateContent", "streamGenerateContent", "countTokens"];

/** One model in Google's shape, with what Sluice knows of it beside. */
export function toModelBody(model: ModelEntry): object {
  const { contextTokens, maxOutputTokens } = model;
  return {
    name: `models/${model.name}`,
    version: "",
    displayName: model.name,
    ...(contextTokens !== 0n && { inputTokenLimit: Number(contextTokens) }),
    ...(maxOutputTokens !== 0n && { outputTokenLimit: Number(maxOutputTokens) }),
    supportedGenerationMethods: METHODS,
    ...(model.capabilities.includes("reasoning") && { thinking: true }),
    x_sluice: {
      provider: model.provider === "" ? null : model.provider,
      targets: model.targets,
      simulated: model.simulated,
      available: model.available,
      capabilities: model.capabilities,
    },
  };
}
