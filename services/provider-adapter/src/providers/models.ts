import type { InputBound, TaskBound } from "@sluice/proto/provider/v1/provider_service";
import type { ModelEntry } from "../provider.ts";
import { inputBoundOf } from "./tokenizers.ts";

/** The facts of one model that differ from the usual. */
export interface ModelFacts {
  readonly id: string;
  readonly contextTokens?: number;
  readonly maxOutputTokens?: number;
  readonly capabilities?: readonly string[];
  readonly aliases?: readonly string[];
  readonly priceId?: string;
  readonly variants?: boolean;
  readonly deployment?: string;
  /** What is known better than by the model's id, such as the tokens of an image. */
  readonly inputBound?: Partial<InputBound>;
  /** What requests beside chat are billed by. */
  readonly taskBound?: TaskBound;
}

/** Completes a model's facts; without a price id of its own it is `<prefix>/<id>`. */
export function modelOf(pricePrefix: string, facts: ModelFacts): ModelEntry {
  return {
    id: facts.id,
    priceId: facts.priceId ?? `${pricePrefix}/${facts.id}`,
    aliases: facts.aliases ?? [],
    contextTokens: facts.contextTokens ?? 0,
    maxOutputTokens: facts.maxOutputTokens ?? 0,
    capabilities: facts.capabilities ?? ["tools"],
    inputBound: { ...inputBoundOf(facts.id), ...facts.inputBound },
    variants: facts.variants ?? false,
    ...(facts.taskBound !== undefined && { taskBound: facts.taskBound }),
    ...(facts.deployment !== undefined && { deployment: facts.deployment }),
  };
}

/** One model in short: id, longest prompt, longest answer (tokens), other names. */
export type ModelRow = readonly [id: string, contextTokens: number, maxOutputTokens: number, ...aliases: string[]];

/** Models that can do the same; price ids are `<prefix>/<id>`. */
export function family(prefix: string, capabilities: readonly string[], rows: readonly ModelRow[]): ModelEntry[] {
  return rows.map(([id, contextTokens, maxOutputTokens, ...aliases]) =>
    modelOf(prefix, { id, contextTokens, maxOutputTokens, capabilities, aliases }),
  );
}

/** True for models that think before they answer. */
export function reasons(model: ModelEntry): boolean {
  return model.capabilities.includes("reasoning");
}

/** True for models that are made to keep to a JSON Schema. */
export function keepsSchema(model: ModelEntry): boolean {
  return model.capabilities.includes("json_schema");
}
