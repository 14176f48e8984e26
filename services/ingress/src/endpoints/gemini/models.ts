import type { ModelEntry } from "@sluice/proto/router/v1/router_service";
import { modelFacts } from "../models/facts.ts";

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
    x_sluice: modelFacts(model),
  };
}
