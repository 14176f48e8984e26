import type { ModelEntry, Provider, ProviderSettings, UsageLookUp } from "../provider.ts";
import type { MapTask } from "../provider-tasks.ts";

/** What a provider says about itself when its wire is one of those that several share. */
export interface WireProviderOptions {
  readonly name: string;
  readonly baseUrl: string | undefined;
  readonly models: readonly ModelEntry[];
  readonly ends?: Provider["ends"];
  readonly credential?: Provider["credential"];
  readonly simulated?: boolean;
  /** What to do with an answer whose caller left; the wire's own habit by default. */
  readonly abandon?: Provider["abandon"];
  readonly environmentVariables?: readonly string[];
  readonly usageLookUp?: UsageLookUp;
  /** How requests beside chat are made; absent for providers that only chat. */
  readonly mapTask?: MapTask;
  readonly placeKeys?: Provider["placeKeys"];
  readonly openSigner?: Provider["openSigner"];
  /** What the installation's configuration overrides. */
  readonly settings?: ProviderSettings;
}

/** What a wire adds: how it is spoken, and its habit when a caller leaves. */
export type Wire = Pick<
  Provider,
  "abandon" | "authorize" | "framing" | "mapChat" | "mapResponse" | "openStream" | "mapError"
>;

/** Puts a provider together from what it says about itself and the wire it speaks. */
export function wireProvider(options: WireProviderOptions, wire: Wire): Provider {
  return {
    ...wire,
    name: options.name,
    baseUrl: options.settings?.baseUrl ?? options.baseUrl,
    credential: options.credential ?? "required",
    simulated: options.simulated ?? false,
    abandon: options.settings?.abandon ?? options.abandon ?? wire.abandon,
    environmentVariables: options.environmentVariables ?? [],
    models: options.models,
    ...(options.ends !== undefined && { ends: options.ends }),
    usageLookUp: options.usageLookUp,
    mapTask: options.mapTask,
    placeKeys: options.placeKeys ?? [],
    openSigner: options.openSigner,
  };
}
