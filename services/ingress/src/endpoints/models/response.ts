import type { ModelEntry } from "@sluice/proto/router/v1/router_service";

/** One model in OpenAI's shape, with what Sluice knows of it beside. */
export function toModelBody(model: ModelEntry): object {
  return {
    id: model.name,
    object: "model",
    created: 0,
    owned_by: model.provider === "" ? "sluice" : model.provider,
    x_sluice: {
      provider: model.provider === "" ? null : model.provider,
      targets: model.targets,
      simulated: model.simulated,
      available: model.available,
      context_tokens: model.contextTokens === 0n ? null : Number(model.contextTokens),
      max_output_tokens: model.maxOutputTokens === 0n ? null : Number(model.maxOutputTokens),
      capabilities: model.capabilities,
      deprecated_on: model.lifecycle?.deprecatedOn || null,
      shutdown_on: model.lifecycle?.shutdownOn || null,
      replacement: model.lifecycle?.replacement ? `${model.provider}/${model.lifecycle.replacement}` : null,
    },
  };
}
