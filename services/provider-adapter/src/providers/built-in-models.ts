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
