import type { ModelEntry, Provider, ProviderSettings, UsageLookUp } from "../../provider.ts";
import { mapError } from "./errors.ts";
import { mapChat } from "./request.ts";
import { mapResponse } from "./response.ts";
import { openStream } from "./stream.ts";

/** What a provider with Anthropic's Messages wire says about itself. */
export interface MessagesOptions {
  readonly name: string;
  readonly baseUrl: string | undefined;
  readonly models: readonly ModelEntry[];
  readonly credential?: Provider["credential"];
  readonly simulated?: boolean;
  /** Default "abort": closing the connection stops generation and billing. */
  readonly abandon?: Provider["abandon"];
  readonly environmentVariables?: readonly string[];
  readonly usageLookUp?: UsageLookUp;
  /** What the installation's configuration overrides. */
  readonly settings?: ProviderSettings;
}

function authorize(credential: string | undefined): Readonly<Record<string, string>> {
  return credential === undefined ? {} : { "x-api-key": credential };
}

/** A provider that speaks Anthropic's Messages; the base URL goes up to and including the version. */
export function anthropicMessages(options: MessagesOptions): Provider {
  const { name } = options;
  return {
    name,
    baseUrl: options.settings?.baseUrl ?? options.baseUrl,
    credential: options.credential ?? "required",
    simulated: options.simulated ?? false,
    abandon: options.settings?.abandon ?? options.abandon ?? "abort",
    environmentVariables: options.environmentVariables ?? [],
    models: options.models,
    usageLookUp: options.usageLookUp,
    authorize,
    mapChat: (request, model, entry) => mapChat(name, request, model, entry),
    mapResponse: (body) => mapResponse(name, body),
    openStream: () => openStream(name),
    mapError: (failure) => mapError(name, failure, Date.now()),
  };
}
