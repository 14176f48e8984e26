import type { ModelEntry } from "@sluice/proto/router/v1/router_service";

/** What Sluice knows of a model, beside what the dialect has a place for. */
export function modelFacts(model: ModelEntry): object {
  return {
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
  };
}
