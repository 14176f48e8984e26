import { ModelEntry } from "@sluice/proto/router/v1/router_service";
import type { Targets } from "../config-routes.ts";
import type { CatalogSnapshot } from "./catalog.ts";
import { findFull } from "./resolve-model.ts";

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
      lifecycle: model.lifecycle,
    }),
  );
  // An alias that is spelled like a model stands before it.
  const own = entries.filter(({ name }) => !Object.hasOwn(aliases, name));
  const all = [...own, ...Object.entries(aliases).map(([name, listed]) => aliasEntry(name, listed, catalog))];
  return all.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** An alias with what the first of its known targets can do; available if one of its targets is. */
function aliasEntry(name: string, listed: Targets, catalog: CatalogSnapshot): ModelEntry {
  const targets = listed.map((target) => (typeof target === "string" ? target : target.model));
  const known = targets.map((target) => findFull(target, catalog)).filter((entry) => entry !== undefined);
  const [first] = known;
  return ModelEntry.fromPartial({
    name,
    targets,
    provider: new Set(known.map(({ provider }) => provider)).size === 1 ? (first?.provider ?? "") : "",
    simulated: first?.simulated ?? false,
    available: known.some(({ available }) => available),
    contextTokens: first?.contextTokens ?? 0n,
    maxOutputTokens: first?.maxOutputTokens ?? 0n,
    capabilities: first?.capabilities ?? [],
  });
}
