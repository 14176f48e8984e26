import type { ModelEntry } from "../provider.ts";
import { PROVIDERS } from "./registry.ts";

/** A model as callers name it, and what the price catalogue calls it. */
export interface NamedModel {
  readonly provider: string;
  readonly model: string;
  readonly priceId: string;
}

/** Every model of the built-in providers, without those an installation adds. */
export function builtInModels(): readonly NamedModel[] {
  return Object.entries(PROVIDERS).flatMap(([provider, make]) =>
    make({ baseUrl: undefined, abandon: undefined }).models.map(({ id, priceId }) => ({
      provider,
      model: id,
      priceId,
    })),
  );
}

/** A built-in provider as it is without any configuration. */
export interface BuiltInProvider {
  readonly name: string;
  /** Undefined while nobody knows it. */
  readonly baseUrl: string | undefined;
  readonly models: readonly Omit<ModelEntry, "inputBound">[];
}

/** Every built-in provider. */
export function builtInProviders(): readonly BuiltInProvider[] {
  return Object.entries(PROVIDERS).map(([name, make]) => {
    const { baseUrl, models } = make({ baseUrl: undefined, abandon: undefined });
    return { name, baseUrl, models };
  });
}
