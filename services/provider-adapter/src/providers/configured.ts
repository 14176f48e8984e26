import { SluiceError } from "@sluice/platform/errors";
import { TaskBound } from "@sluice/proto/provider/v1/provider_service";
import type { ProviderAdapterConfig, ProviderConfig } from "../config.ts";
import type { ModelEntry, Place, Provider, ProviderSettings } from "../provider.ts";
import { anthropicMessages } from "./anthropic/compatible.ts";
import { geminiGenerate } from "./gemini/compatible.ts";
import { modelOf } from "./models.ts";
import { openaiCompatible } from "./openai/compatible.ts";
import { responsesCompatible } from "./openai/responses/compatible.ts";
import { openaiTasks } from "./openai/tasks/table.ts";
import { PROVIDERS, SIMULATOR, SIMULATOR_PATHS } from "./registry.ts";
import { boundOfAnything } from "./tokenizers.ts";
import type { WireName } from "./wire-names.ts";

function modelsOf(name: string, config: ProviderConfig): readonly ModelEntry[] | undefined {
  const prefix = config.price_prefix ?? name;
  return config.models?.map((model) => {
    if (typeof model === "string") return modelOf(prefix, { id: model });
    return modelOf(prefix, {
      id: model.id,
      contextTokens: model.context_tokens,
      maxOutputTokens: model.max_output_tokens,
      capabilities: model.capabilities,
      aliases: model.aliases,
      ...(model.price_id !== undefined && { priceId: model.price_id }),
      ...(model.billed_by !== undefined && { taskBound: boundBy(model.billed_by) }),
      ...(model.deployment !== undefined && { deployment: model.deployment }),
    });
  });
}

/** Documents of one search, as Cohere counts them, from whom others took the unit. */
const DOCUMENTS_PER_SEARCH = 100;

function boundBy(unit: string): TaskBound {
  return TaskBound.fromPartial({ unit, ...(unit === "searches" && { documentsPerSearch: DOCUMENTS_PER_SEARCH }) });
}

const PLACE_KEYS = [
  "region",
  "project",
  "location",
  "resource",
  "api_version",
] as const satisfies readonly (keyof Place)[];

function placeOf(config: ProviderConfig): Place {
  return Object.fromEntries(PLACE_KEYS.map((key) => [key, config[key]]));
}

function settingsOf(config: ProviderConfig | undefined): ProviderSettings {
  const common = { baseUrl: config?.base_url?.replace(/\/+$/, ""), abandon: config?.abandon };
  return config === undefined ? common : { ...common, place: placeOf(config) };
}

/** A key that would change nothing is a mistake. */
function refuseIdleKeys(provider: Provider, config: ProviderConfig): void {
  const idle = PLACE_KEYS.find((key) => config[key] !== undefined && !provider.placeKeys.includes(key));
  if (idle === undefined) return;
  const known =
    provider.placeKeys.length === 0 ? "base_url says where it is" : `it has ${provider.placeKeys.join(", ")}`;
  throw new SluiceError(
    "invalid_request",
    `provider_adapter.providers.${provider.name}.${idle} has no meaning for ${provider.name}: ${known}. Remove it.`,
  );
}

function requirePlace(name: string, config: ProviderConfig): void {
  const key = config.base_url === undefined ? "base_url" : "models";
  if (config.base_url !== undefined && config.models !== undefined && config.models.length > 0) return;
  throw new SluiceError(
    "invalid_request",
    `provider_adapter.providers.${name}.${key} is missing: a provider that is not built in (${Object.keys(PROVIDERS).join(", ")}) needs an address and at least one model.`,
  );
}

/** What every wire is told of a provider that configuration adds. */
interface Added {
  readonly name: string;
  readonly baseUrl: undefined;
  readonly models: readonly ModelEntry[];
  readonly credential: Provider["credential"];
  readonly settings: ProviderSettings;
}

function speakingOpenai(added: Added, config: ProviderConfig): Provider {
  return openaiCompatible({
    ...added,
    tasks: openaiTasks,
    wire: {
      ...(config.max_tokens_field !== undefined && { maxTokensField: config.max_tokens_field }),
      ...(config.stream_usage !== undefined && { streamUsage: config.stream_usage }),
      extendedSampling: true,
      reasoningBack: { form: "reasoning_content", when: "always" },
    },
  });
}

/** How a provider of each wire is put together. */
const WIRES: Readonly<Record<WireName, (added: Added, config: ProviderConfig) => Provider>> = {
  openai: speakingOpenai,
  anthropic: anthropicMessages,
  gemini: geminiGenerate,
  responses: responsesCompatible,
};

function fromConfig(name: string, config: ProviderConfig): Provider {
  requirePlace(name, config);
  const added: Added = {
    name,
    baseUrl: undefined,
    models: anything(modelsOf(name, config) ?? []),
    credential: config.needs_key === false ? "none" : "required",
    settings: settingsOf(config),
  };
  const provider = WIRES[config.wire ?? "openai"](added, config);
  refuseIdleKeys(provider, config);
  return provider;
}

function builtIn(
  name: string,
  make: (settings: ProviderSettings) => Provider,
  config: ProviderConfig | undefined,
): Provider {
  const provider = make(settingsOf(config));
  if (config === undefined) return provider;
  refuseIdleKeys(provider, config);
  if (config.wire !== undefined) {
    throw new SluiceError(
      "invalid_request",
      `provider_adapter.providers.${name}.wire cannot be set: ${name} is built in; choose another name for another wire.`,
    );
  }
  const models = modelsOf(name, config) ?? provider.models;
  return {
    ...provider,
    credential: config.needs_key === false ? "none" : provider.credential,
    models: config.base_url === undefined || provider.simulated ? models : anything(models),
    // Another address serves what it likes for as long as it likes.
    ...(config.base_url !== undefined && { ends: {} }),
  };
}

/** Models behind an address of the installation's own: what is served there need not be what it is called. */
function anything(models: readonly ModelEntry[]): readonly ModelEntry[] {
  return models.map((model) => ({ ...model, inputBound: boundOfAnything(model.inputBound) }));
}

/** The simulator's door is known only once it stands, so it is asked for at each use. */
function atDoor(provider: Provider, path: string, simulatorUrl: () => string | undefined): Provider {
  return {
    ...provider,
    get baseUrl() {
      const url = simulatorUrl();
      return url === undefined ? undefined : `${url.replace(/\/+$/, "")}${path}`;
    },
  };
}

/** Where the simulator is: what configuration says of its first wire, else what the wiring knows. */
function doorOf(config: ProviderAdapterConfig, simulatorUrl: () => string | undefined): () => string | undefined {
  const configured = settingsOf(config.providers[SIMULATOR]).baseUrl;
  if (configured === undefined) return simulatorUrl;
  return () => configured.slice(0, configured.length - (configured.endsWith("/v1") ? "/v1".length : 0));
}

/**
 * The providers of this installation: the built-in ones with their settings, and those that configuration adds.
 * `simulatorUrl` tells the simulator's door as the wiring knows it, used unless configuration names another.
 * @throws invalid_request when a provider that is not built in lacks its address or models
 */
export function configuredProviders(
  config: ProviderAdapterConfig,
  simulatorUrl: () => string | undefined,
): ReadonlyMap<string, Provider> {
  const providers = new Map<string, Provider>();
  const door = doorOf(config, simulatorUrl);
  for (const [name, make] of Object.entries(PROVIDERS)) {
    const provider = builtIn(name, make, config.providers[name]);
    const path = provider.baseUrl === undefined ? SIMULATOR_PATHS[name] : undefined;
    providers.set(name, path === undefined ? provider : atDoor(provider, path, door));
  }
  for (const [name, section] of Object.entries(config.providers)) {
    if (!providers.has(name)) providers.set(name, fromConfig(name, section));
  }
  return providers;
}
