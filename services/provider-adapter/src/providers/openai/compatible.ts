import type { Provider } from "../../provider.ts";
import { type TaskSource, type TaskTable, taskMapper } from "../task-table.ts";
import { type WireProviderOptions, wireProvider } from "../wire-provider.ts";
import { mapError } from "./errors.ts";
import { DEFAULT_WIRE, type WireOptions } from "./options.ts";
import { mapChat } from "./request.ts";
import { mapResponse } from "./response.ts";
import { openStream } from "./stream.ts";

/** What a provider with OpenAI's wire says about itself. */
export interface CompatibleOptions extends WireProviderOptions {
  /** Where its wire differs. */
  readonly wire?: Partial<Omit<WireOptions, "name">>;
  /** What it serves beside chat; nothing by default. */
  readonly tasks?: (source: TaskSource) => TaskTable;
}

function authorize(credential: string | undefined): Readonly<Record<string, string>> {
  return credential === undefined ? {} : { authorization: `Bearer ${credential}` };
}

/** A provider that speaks OpenAI's chat completions; a look-alike gives its name, address, models and differences. */
export function openaiCompatible(options: CompatibleOptions): Provider {
  const wire: WireOptions = { ...DEFAULT_WIRE, ...options.wire, name: options.name };
  const source: TaskSource = { name: options.name, mapError: (failure) => mapError(wire, failure, Date.now()) };
  const { tasks } = options;
  const mapTask = tasks === undefined ? options.mapTask : taskMapper(source, tasks(source));
  const all = mapTask === undefined ? options : { ...options, mapTask };
  return wireProvider(all, {
    // Most providers stop, and bill what was generated, when the connection closes.
    abandon: "abort",
    authorize,
    mapChat: (request, model, entry) => mapChat(request, model, entry, wire),
    mapResponse: (body) => mapResponse(body, wire),
    openStream: () => openStream(wire),
    mapError: source.mapError,
  });
}
