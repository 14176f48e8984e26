import type { Provider } from "../../provider.ts";
import { type TaskSource, taskMapper } from "../task-table.ts";
import { type WireProviderOptions, wireProvider } from "../wire-provider.ts";
import { mapError } from "./errors.ts";
import { mapChat } from "./request.ts";
import { mapResponse } from "./response.ts";
import { openStream } from "./stream.ts";
import { embeddings } from "./tasks/embeddings.ts";

/** The key travels in a header, never in the address, which is logged by whoever stands between. */
function authorize(credential: string | undefined): Readonly<Record<string, string>> {
  return credential === undefined ? {} : { "x-goog-api-key": credential };
}

/** A provider that speaks generateContent; it gives its name, address and models. */
export function geminiGenerate(options: WireProviderOptions): Provider {
  const { name } = options;
  const source: TaskSource = { name, mapError: (failure) => mapError(name, failure, Date.now()) };
  const mapTask = taskMapper(source, { embeddings: embeddings(source) });
  return wireProvider(
    { mapTask, ...options },
    {
      // Google runs to the end and bills in full, so the exact usage is worth waiting for.
      abandon: "drain",
      authorize,
      mapChat: (request, model, entry) => mapChat(request, model, entry, name),
      mapResponse: (body) => mapResponse(body, name),
      openStream: () => openStream(name),
      mapError: source.mapError,
    },
  );
}
