import type { ModelEntry, Provider, ProviderSettings, UsageLookUp } from "../../provider.ts";
import { mapError } from "./errors.ts";
import { DEFAULT_WIRE, type WireOptions } from "./options.ts";
import { mapChat } from "./request.ts";
import { mapResponse } from "./response.ts";
import { openStream } from "./stream.ts";

/** What a provider with OpenAI's wire says about itself. */
export interface CompatibleOptions {
  readonly name: string;
  readonly baseUrl: string | undefined;
  readonly models: readonly ModelEntry[];
  readonly credential?: Provider["credential"];
  readonly simulated?: boolean;
  /** Default "abort": most providers stop and bill what was generated when the connection closes. */
  readonly abandon?: Provider["abandon"];
  readonly environmentVariables?: readonly string[];
  readonly usageLookUp?: UsageLookUp;
  /** Where its wire differs. */
  readonly wire?: Partial<Omit<WireOptions, "name">>;
  /** What the installation's configuration overrides. */
  readonly settings?: ProviderSettings;
}

function authorize(credential: string | undefined): Readonly<Record<string, string>> {
  return credential === undefined ? {} : { authorization: `Bearer ${credential}` };
}

/** A provider that speaks OpenAI's chat completions; a look-alike gives its name, address, models and differences. */
export function openaiCompatible(options: CompatibleOptions): Provider {
  const wire: WireOptions = { ...DEFAULT_WIRE, ...options.wire, name: options.name };
  return {
    name: options.name,
    baseUrl: options.settings?.baseUrl ?? options.baseUrl,
    credential: options.credential ?? "required",
    simulated: options.simulated ?? false,
    abandon: options.settings?.abandon ?? options.abandon ?? "abort",
    environmentVariables: options.environmentVariables ?? [],
    models: options.models,
    usageLookUp: options.usageLookUp,
    authorize,
    mapChat: (request, model, entry) => mapChat(request, model, entry, wire),
    mapResponse: (body) => mapResponse(body, wire),
    openStream: () => openStream(wire),
    mapError: (failure) => mapError(wire, failure, Date.now()),
  };
}
