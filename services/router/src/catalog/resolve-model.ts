import { SluiceError } from "@sluice/platform/errors";
import { CatalogModel } from "@sluice/proto/provider/v1/provider_service";
import type { RouteRule, Targets } from "../config-routes.ts";
import type { Candidate } from "../strategies/strategy.ts";
import type { CatalogSnapshot } from "./catalog.ts";
import { endOf, type LifecycleRules, living } from "./lifecycle.ts";

/** A candidate with what the catalogue knows of it. */
export interface ResolvedCandidate extends Candidate {
  readonly entry: CatalogModel;
  /** What the caller is to be told of it, such as that its end is announced. */
  readonly warnings?: readonly string[];
}

/** A target that cannot serve, and why. */
export interface Excluded {
  readonly provider: string;
  readonly model: string;
  readonly reason: string;
}

/** How a name was understood. */
export interface ResolvedModel {
  readonly candidates: readonly ResolvedCandidate[];
  readonly excluded: readonly Excluded[];
  /** `pinned` for a name that says provider and model, `priority` for lists, `weighted` for lists with weights. */
  readonly strategy: "pinned" | "priority" | "weighted";
}

export interface ModelNames {
  readonly aliases: Readonly<Record<string, Targets>>;
  /** The route rule that matches the name, if one does. */
  readonly rule: RouteRule | undefined;
  /** What happens to models that have ended. */
  readonly lifecycle: LifecycleRules;
}

/**
 * Turns the caller's model name into candidates: the targets of its route rule or alias, else `provider/model`, else every provider with a
 * credential that has a model of this bare name. A simulated model is found under its full name only: it never stands in for a real one.
 * A model that has ended is replaced by what a rule says, or left out. @throws not_found naming what to do; credential_missing if only models without a credential match.
 */
export function resolveModel(name: string, names: ModelNames, catalog: CatalogSnapshot): ResolvedModel {
  const alias = Object.hasOwn(names.aliases, name) ? names.aliases[name] : undefined;
  const targets = names.rule?.targets ?? alias;
  const found =
    targets === undefined
      ? resolveName(name, names.lifecycle, catalog)
      : resolveTargets(
          targets,
          { name, key: names.rule?.targets === undefined ? "aliases" : "routes", names },
          catalog,
        );
  const strategy = names.rule?.strategy ?? found.strategy;
  return usable(withoutEnded({ ...found, strategy }, { name, rules: names.lifecycle, catalog }), name);
}

function resolveName(name: string, rules: LifecycleRules, catalog: CatalogSnapshot): ResolvedModel {
  const full = findFull(name, catalog);
  if (full !== undefined) return { candidates: [candidateOf(full, 1)], excluded: [], strategy: "pinned" };
  const bare = catalog.findBare(name);
  if (bare.length === 0) {
    const instead = insteadOfRetired(name, rules, catalog);
    if (instead !== undefined) return { candidates: [instead], excluded: [], strategy: "pinned" };
    const retired = catalog.findRetired(name);
    const { provider, model } = retired ?? {};
    if (retired?.lifecycle !== undefined) {
      throw endedModel(name, `${provider}/${model} ${endOf(retired, retired.lifecycle)}`);
    }
    throw unknownModel(name, catalog);
  }
  return { candidates: bare.map((entry) => candidateOf(entry, 1)), excluded: [], strategy: "priority" };
}

/** What serves instead of a model that has left the catalogue, if a rule says so. */
function insteadOfRetired(
  name: string,
  rules: LifecycleRules,
  catalog: CatalogSnapshot,
): ResolvedCandidate | undefined {
  const retired = catalog.findRetired(name);
  if (retired?.lifecycle === undefined) return undefined;
  const gone = CatalogModel.fromPartial(retired);
  // What nobody here knows any more cannot be tried.
  const ended = rules.ended === "try" ? "refuse" : rules.ended;
  const instead = living(candidateOf(gone, 1), { ...rules, ended }, catalog);
  return "entry" in instead && instead.entry !== gone ? instead : undefined;
}

function resolveTargets(
  targets: Targets,
  from: { readonly name: string; readonly key: "aliases" | "routes"; readonly names: ModelNames },
  catalog: CatalogSnapshot,
): ResolvedModel {
  const candidates: ResolvedCandidate[] = [];
  const excluded: Excluded[] = [];
  let hasWeights = false;
  for (const target of targets) {
    const { model, weight } = typeof target === "string" ? { model: target, weight: 1 } : target;
    if (typeof target !== "string") hasWeights = true;
    const entry = findFull(model, catalog);
    const instead = entry === undefined ? insteadOfRetired(model, from.names.lifecycle, catalog) : undefined;
    if (entry !== undefined) candidates.push(candidateOf(entry, weight));
    else if (instead !== undefined) candidates.push({ ...instead, weight });
    else excluded.push({ ...splitName(model), reason: "not in the model catalogue" });
  }
  const [unknown] = excluded;
  if (candidates.length === 0 && unknown !== undefined)
    throw unknownTarget(from, `${unknown.provider}/${unknown.model}`);
  return { candidates, excluded, strategy: hasWeights ? "weighted" : "priority" };
}

const candidateOf = (entry: CatalogModel, weight: number): ResolvedCandidate => ({
  provider: entry.provider,
  model: entry.model,
  weight,
  entry,
});

function splitName(name: string): { provider: string; model: string } {
  const slash = name.indexOf("/");
  return { provider: name.slice(0, Math.max(0, slash)), model: name.slice(slash + 1) };
}

/** The catalogue's entry of `provider/model`, be it by another name of the model or as one of its variants. */
export function findFull(name: string, catalog: CatalogSnapshot): CatalogModel | undefined {
  const { provider, model } = splitName(name);
  return provider === "" ? undefined : catalog.find(provider, model);
}

/** @throws not_found if nothing is left, naming what the provider proposes */
function withoutEnded(
  resolved: ResolvedModel,
  {
    name,
    rules,
    catalog,
  }: { readonly name: string; readonly rules: LifecycleRules; readonly catalog: CatalogSnapshot },
): ResolvedModel {
  if (resolved.candidates.every(({ entry }) => entry.lifecycle === undefined)) return resolved;
  const judged = resolved.candidates.map((candidate) => living(candidate, rules, catalog));
  const candidates = judged.filter((each): each is ResolvedCandidate => "entry" in each);
  const ended = judged.filter((each): each is Excluded => !("entry" in each));
  const [first] = ended;
  if (candidates.length === 0 && first !== undefined) {
    throw endedModel(name, `${first.provider}/${first.model} ${first.reason}`);
  }
  return { ...resolved, candidates, excluded: [...resolved.excluded, ...ended] };
}

function endedModel(name: string, why: string): SluiceError {
  const what = why.startsWith(`${name} `) ? why : `Model "${shownOf(name)}" cannot be served: ${why}`;
  return new SluiceError(
    "not_found",
    `${what}. Ask for another model, or say what serves instead in router.migrations.`,
    { details: { param: "model" } },
  );
}

function usable(resolved: ResolvedModel, name: string): ResolvedModel {
  const candidates = resolved.candidates.filter(({ entry }) => entry.available);
  const [first] = resolved.candidates;
  if (candidates.length > 0 || first === undefined) {
    const missing = resolved.candidates.filter(({ entry }) => !entry.available);
    const excluded = missing.map(({ provider, model }) => ({ provider, model, reason: "no credential is stored" }));
    return { ...resolved, candidates, excluded: [...resolved.excluded, ...excluded] };
  }
  throw new SluiceError(
    "credential_missing",
    `Model "${shownOf(name)}" is served by ${first.provider}, but no credential for ${first.provider} is stored. Store one with \`sluice secrets set ${first.provider}\`.`,
    { details: { param: "model", provider: first.provider, facts: { not_started: "true" } } },
  );
}

/** A name as messages show it. */
const shownOf = (name: string): string => (name.length > 100 ? `${name.slice(0, 100)}…` : name);

function unknownTarget(from: { readonly name: string; readonly key: string }, target: string): SluiceError {
  return new SluiceError(
    "not_found",
    `"${shownOf(from.name)}" stands for "${target}", which is not in the model catalogue. Correct router.${from.key} in the configuration; \`GET /v1/models\` lists the names.`,
    { details: { param: "model" } },
  );
}

function hintOf(provider: string, catalog: CatalogSnapshot): string {
  if (provider === "") return "Name it as provider/model or by an alias";
  if (!catalog.providers.includes(provider)) {
    return `Provider "${shownOf(provider)}" is not known; known are ${catalog.providers.join(", ")}`;
  }
  const empty = !catalog.models.some((model) => model.provider === provider);
  return empty
    ? `Provider "${provider}" serves what you installed there: list its models under provider_adapter.providers.${provider}.models in sluice.yaml`
    : `Provider "${provider}" is known, this model of it is not`;
}

function unknownModel(name: string, catalog: CatalogSnapshot): SluiceError {
  const hint = hintOf(splitName(name).provider, catalog);
  return new SluiceError(
    "not_found",
    `Model "${shownOf(name)}" does not exist here. ${hint}; \`GET /v1/models\` lists the names.`,
    {
      details: { param: "model" },
    },
  );
}
