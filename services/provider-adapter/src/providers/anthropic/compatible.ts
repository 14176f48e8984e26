import type { Provider } from "../../provider.ts";
import { type WireProviderOptions, wireProvider } from "../wire-provider.ts";
import { mapError } from "./errors.ts";
import { mapChat } from "./request.ts";
import { mapResponse } from "./response.ts";
import { openStream } from "./stream.ts";

function authorize(credential: string | undefined): Readonly<Record<string, string>> {
  return credential === undefined ? {} : { "x-api-key": credential };
}

/** A provider that speaks Anthropic's Messages; the base URL goes up to and including the version. */
export function anthropicMessages(options: WireProviderOptions): Provider {
  const { name } = options;
  return wireProvider(options, {
    // Closing the connection stops generation and billing.
    abandon: "abort",
    authorize,
    mapChat: (request, model, entry) => mapChat(name, request, model, entry),
    mapResponse: (body) => mapResponse(name, body),
    openStream: () => openStream(name),
    mapError: (failure) => mapError(name, failure, Date.now()),
  });
}
