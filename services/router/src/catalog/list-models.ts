import { ModelEntry } from "@sluice/proto/router/v1/router_service";
import type { Targets } from "../config-routes.ts";
import type { CatalogSnapshot } from "./catalog.ts";

/** Every name a caller can use, in alphabetical order: the catalogue's models and the configuration's aliases. */
export function listModels(catalog: CatalogSnapshot, aliases: Readonly<Record<string, Targets>>): ModelEntry[] {
  const entries = catalog.models.map((model) =>
    ModelEntry.fromPartial({
      name: `${model.provider}/${model.model}`,
      provider: model.provider,
      simulated: model.simulated,
      available: model.available,
      contextTokens: model.contextTokens,
      maxOutputTokens: model.maxOutputTokens,
      capabilities: model.capabilities,
    }),
  );
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  for (const [name, listed] of Object.entries(aliases)) {
    const targets = listed.map((target) => (typeof target === "string" ? target : target.model));
    const first = byName.get(targets[0] ?? "");
    entries.push(
      ModelEntry.fromPartial({
        name,
        targets,
        provider:
          new Set(targets.map((target) => byName.get(target)?.provider)).size === 1 ? (first?.provider ?? "") : "",
        simulated: first?.simulated ?? false,
        available: targets.some((target) => byName.get(target)?.available ?? false),
        contextTokens: first?.contextTokens ?? 0n,
        maxOutputTokens: first?.maxOutputTokens ?? 0n,
        capabilities: first?.capabilities ?? [],
      }),
    );
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
