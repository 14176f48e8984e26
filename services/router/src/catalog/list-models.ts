import { ModelEntry } from "@sluice/proto/router/v1/router_service";
import type { CatalogSnapshot } from "./catalog.ts";

/** Every name a caller can use, in alphabetical order: the catalogue's models and the configuration's aliases. */
export function listModels(
  catalog: CatalogSnapshot,
  aliases: Readonly<Record<string, readonly string[]>>,
): ModelEntry[] {
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
  for (const [name, targets] of Object.entries(aliases)) {
    const first = byName.get(targets[0] ?? "");
    entries.push(
      ModelEntry.fromPartial({
        name,
        targets: [...targets],
        provider: first?.provider ?? "",
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
