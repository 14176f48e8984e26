import { createHash } from "node:crypto";
import { Lifecycle } from "@sluice/proto/common/v1/lifecycle";
import { CatalogModel, ListCatalogResponse, RetiredModel } from "@sluice/proto/provider/v1/provider_service";
import type { ModelEnd, ModelEntry, Provider } from "./provider.ts";

/** A model of a provider as a request named it. */
export interface Found {
  readonly provider: Provider;
  readonly entry: ModelEntry;
}

/** Every model the adapter can call. */
export interface Catalog {
  /** Finds a model by id, alias or variant name ("exact+cut=12"). */
  find(provider: string, model: string): Found | undefined;
  /** The list with its version; without models if the caller's version is current. */
  list(knownVersion: string): ListCatalogResponse;
}

function indexOf(provider: Provider): ReadonlyMap<string, ModelEntry> {
  const byName = new Map<string, ModelEntry>();
  for (const entry of provider.models) {
    for (const name of [entry.id, ...entry.aliases]) if (!byName.has(name)) byName.set(name, entry);
  }
  return byName;
}

function catalogModel(provider: Provider, entry: ModelEntry, available: boolean): CatalogModel {
  return CatalogModel.create({
    provider: provider.name,
    model: entry.id,
    priceId: entry.priceId,
    contextTokens: BigInt(entry.contextTokens),
    maxOutputTokens: BigInt(entry.maxOutputTokens),
    capabilities: [...entry.capabilities],
    available,
    simulated: provider.simulated,
    inputBound: entry.inputBound,
    variants: entry.variants,
    aliases: [...entry.aliases],
    lifecycle: lifecycleOf(provider.ends?.[entry.id]),
    ...(entry.taskBound !== undefined && { taskBound: entry.taskBound }),
  });
}

function lifecycleOf(end: ModelEnd | undefined): Lifecycle | undefined {
  return end && Lifecycle.fromPartial(end);
}

/** Models whose end is known and that are not listed any more. */
function retiredOf(provider: Provider, listed: ReadonlyMap<string, ModelEntry>): RetiredModel[] {
  return Object.entries(provider.ends ?? {})
    .filter(([model]) => !listed.has(model))
    .map(([model, end]) => RetiredModel.fromPartial({ provider: provider.name, model, lifecycle: lifecycleOf(end) }));
}

/** `isAvailable` is asked at each listing: credentials come and go. */
export function makeCatalog(
  providers: ReadonlyMap<string, Provider>,
  isAvailable: (provider: Provider) => boolean,
): Catalog {
  const indexes = new Map([...providers].map(([name, provider]) => [name, indexOf(provider)]));
  const listAll = (): CatalogModel[] =>
    [...providers.values()].flatMap((provider) => {
      const available = isAvailable(provider);
      return provider.models.map((entry) => catalogModel(provider, entry, available));
    });
  const retired = [...providers].flatMap(([name, provider]) => retiredOf(provider, indexes.get(name) ?? new Map()));
  return {
    find(name, model) {
      const provider = providers.get(name);
      const index = indexes.get(name);
      if (provider === undefined || index === undefined) return undefined;
      const exact = index.get(model);
      if (exact !== undefined) return { provider, entry: exact };
      const plus = model.indexOf("+");
      const base = plus > 0 ? index.get(model.slice(0, plus)) : undefined;
      return base?.variants === true ? { provider, entry: base } : undefined;
    },
    list(knownVersion) {
      const models = listAll();
      const names = [...providers.keys()];
      const bytes = ListCatalogResponse.encode(
        ListCatalogResponse.create({ models, providers: names, retired }),
      ).finish();
      const version = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
      const unchanged = version === knownVersion;
      const all = unchanged ? {} : { models, retired };
      return ListCatalogResponse.create({ version, unchanged, providers: names, ...all });
    },
  };
}
