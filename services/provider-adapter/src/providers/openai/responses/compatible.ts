import type { Provider } from "../../../provider.ts";
import { type WireProviderOptions, wireProvider } from "../../wire-provider.ts";
import { openaiResponses } from "./index.ts";
import { mapResponses } from "./request.ts";

/** A provider that speaks OpenAI's Responses; the base URL goes up to and including the version. */
export function responsesCompatible(options: WireProviderOptions): Provider {
  const { name } = options;
  return wireProvider(options, {
    // Closing the connection stops generation and billing.
    abandon: "abort",
    authorize: (credential) => (credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
    mapChat: (request, model, entry) => mapResponses(name, request, model, entry),
    ...openaiResponses(name),
  });
}
