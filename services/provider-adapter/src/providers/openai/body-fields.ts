import type { ModelEntry } from "../../provider.ts";
import type { WireOptions } from "./options.ts";
import type { Warnings } from "./warnings.ts";

/** Fields every provider takes. */
const ALWAYS: ReadonlySet<string> = new Set(["model", "messages", "stream"]);

/** Spells fields as the provider does and takes out those it would refuse, each with a warning. */
export function fitFields(
  body: Record<string, unknown>,
  model: ModelEntry,
  options: WireOptions,
  warnings: Warnings,
): void {
  for (const [name, value] of Object.entries(options.defaults)) body[name] ??= value;
  for (const [name, theirs] of Object.entries(options.renamed)) {
    if (body[name] === undefined) continue;
    body[theirs] ??= body[name];
    delete body[name];
  }
  for (const name of options.refused(model)) {
    if (body[name] === undefined) continue;
    delete body[name];
    warnings.dropped(name);
  }
  const only = options.only.body;
  if (only === undefined) return;
  for (const name of Object.keys(body)) {
    if (only.has(name) || ALWAYS.has(name)) continue;
    delete body[name];
    warnings.dropped(name.slice(0, 64));
  }
}
