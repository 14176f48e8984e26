import { SluiceError } from "@sluice/platform/errors";
import type { CatalogModel } from "@sluice/proto/provider/v1/provider_service";
import type { CatalogSnapshot } from "./catalog.ts";

/** How a name was understood. */
export interface ResolvedModel {
  readonly candidates: readonly CatalogModel[];
  /** `pinned` for a name that says provider and model, `priority` for aliases and bare names. */
  readonly strategy: "pinned" | "priority";
}

/**
 * Turns the caller's model name into candidates: an alias of the configuration, else `provider/model`, else a bare model name.
 * A simulated model is found under its full name only: it never stands in for a real one.
 * @throws not_found naming what to do; credential_missing if only models without a credential match.
 */
export function resolveModel(
  name: string,
  aliases: Readonly<Record<string, readonly string[]>>,
  catalog: CatalogSnapshot,
): ResolvedModel {
  const targets = Object.hasOwn(aliases, name) ? aliases[name] : undefined;
  if (targets !== undefined) {
    const candidates = targets.map((target) => findFull(target, catalog) ?? unknownTarget(name, target));
    return usable({ candidates, strategy: "priority" }, name);
  }
  const full = findFull(name, catalog);
  if (full !== undefined) return usable({ candidates: [full], strategy: "pinned" }, name);
  const bare = catalog.findBare(name).slice(0, 1);
  if (bare.length > 0) return usable({ candidates: bare, strategy: "priority" }, name);
  throw unknownModel(name, catalog);
}

function findFull(name: string, catalog: CatalogSnapshot): CatalogModel | undefined {
  const slash = name.indexOf("/");
  return slash <= 0 ? undefined : catalog.find(name.slice(0, slash), name.slice(slash + 1));
}

function usable(resolved: ResolvedModel, name: string): ResolvedModel {
  const available = resolved.candidates.filter((candidate) => candidate.available);
  const first = resolved.candidates[0];
  if (available.length > 0 || first === undefined) return { ...resolved, candidates: available };
  throw new SluiceError(
    "credential_missing",
    `Model "${name}" is served by ${first.provider}, but no credential for ${first.provider} is stored. Store one with \`sluice secrets set ${first.provider}\`.`,
    { details: { param: "model", provider: first.provider, facts: { not_started: "true" } } },
  );
}

function unknownTarget(alias: string, target: string): never {
  throw new SluiceError(
    "not_found",
    `Alias "${alias}" stands for "${target}", which is not in the model catalogue. Correct router.aliases in the configuration; \`GET /v1/models\` lists the names.`,
    { details: { param: "model" } },
  );
}

function unknownModel(name: string, catalog: CatalogSnapshot): SluiceError {
  const slash = name.indexOf("/");
  const provider = slash > 0 ? name.slice(0, slash) : "";
  const hint =
    provider === ""
      ? "Name it as provider/model or by an alias"
      : catalog.providers.includes(provider)
        ? `Provider "${provider}" is known, this model of it is not`
        : `Provider "${provider}" is not known; known are ${catalog.providers.join(", ")}`;
  const shown = name.length > 100 ? `${name.slice(0, 100)}…` : name;
  return new SluiceError(
    "not_found",
    `Model "${shown}" does not exist here. ${hint}; \`GET /v1/models\` lists the names.`,
    {
      details: { param: "model" },
    },
  );
}
