import type { ModelEntry } from "@sluice/proto/router/v1/router_service";
import { modelFacts } from "./facts.ts";

/** One model in OpenAI's shape, with what Sluice knows of it beside. */
export function toModelBody(model: ModelEntry): object {
  return {
    id: model.name,
    object: "model",
    created: 0,
    owned_by: model.provider === "" ? "sluice" : model.provider,
    x_sluice: modelFacts(model),
  };
}
