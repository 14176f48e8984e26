import type { ModelEntry, Provider, ProviderSettings, UsageLookUp } from "../../provider.ts";
import { mapError } from "./errors.ts";
import { mapChat } from "./request.ts";
import { mapResponse } from "./response.ts";
import { openStream } from "./stream.ts";

/** What a provider with Google's generateContent says about itself. */
export interface GeminiOptions {
  readonly name: string;
  readonly baseUrl: string | undefined;
  readonly models: readonly ModelEntry[];
  readonly credential?: Provider["credential"];
  readonly simulated?: boolean;
  /** Default "drain": Google runs to the end and bills in full, so the exact usage is worth waiting for. */
  readonly abandon?: Provider["abandon"];
  readonly environmentVariables?: readonly string[];
  readonly usageLookUp?: UsageLookUp;
  /** What the installation's configuration overrides. */
  readonly settings?: ProviderSettings;
}

/** The key travels in a header, never in the address, which is logged by whoever stands between. */
function authorize(credential: string | undefined): Readonly<Record<string, string>> {
  return credential === undefined ? {} : { "x-goog-api-key": credential };
}

/** A provider that speaks generateContent; it gives its name, address and models. */
export function geminiGenerate(options: GeminiOptions): Provider {
  const { name } = options;
  return {
    name,
    baseUrl: options.settings?.baseUrl ?? options.baseUrl,
    credential: options.credential ?? "required",
    simulated: options.simulated ?? false,
    abandon: options.settings?.abandon ?? options.abandon ?? "drain",
    environmentVariables: options.environmentVariables ?? [],
    models: options.models,
    usageLookUp: options.usageLookUp,
    authorize,
    mapChat: (request, model, entry) => mapChat(request, model, entry, name),
    mapResponse: (body) => mapResponse(body, name),
    openStream: () => openStream(name),
    mapError: (failure) => mapError(name, failure, Date.now()),
  };
}
