import type { BuiltInProvider } from "@sluice/provider-adapter/recordings";
import type { Left } from "./foreign-map.ts";
import type { Deployment, Group, Imported, KeySource, Plan, WantedKey } from "./plan.ts";

/** One address with one key: what is a provider here. */
interface Place {
  readonly name: string;
  readonly provider: string;
  readonly address: string | undefined;
  readonly key: KeySource | undefined;
  readonly models: Set<string>;
}

/** Stands for whatever the caller writes: places that serve it are wanted, an alias is not. */
export const ANY_NAME = "*";

/** Wires a provider of a second name can have; all others speak OpenAI's. */
const WIRES: Readonly<Record<string, string>> = { anthropic: "anthropic", gemini: "gemini" };

/** Providers whose wire no further name can be given: they have one address and one credential. */
const ONE_PLACE = new Set(["azure", "bedrock", "cohere", "vertex", "voyage"]);

/**
 * Makes our configuration of a plan. Here a provider has one address and one key, so deployments of one provider with several of them
 * become providers of several names.
 */
export function assemble(plan: Plan, builtIn: readonly BuiltInProvider[]): Imported {
  const left: Left[] = [...plan.left];
  const known = new Map(builtIn.map((provider) => [provider.name, provider]));
  const places = new Places(known, left);
  const targets = new Map(plan.groups.map((group) => [group.name, targetsOf(group, places)]));
  const aliases: Record<string, unknown> = {};
  for (const group of plan.groups) {
    if (group.name === ANY_NAME) continue;
    const list = aliasOf(group, targets, left);
    if (list.length > 0 && !(list.length === 1 && list[0] === group.name)) aliases[group.name] = list;
  }
  const routes = plan.groups
    .filter(({ route }) => Object.keys(route).length > 0)
    .map(({ name, route }) => ({ models: [name], ...route }));
  const router = {
    ...(Object.keys(aliases).length > 0 && { aliases }),
    ...(routes.length > 0 && { routes }),
    ...plan.router,
  };
  const providers = places.sections();
  const config = {
    ...(Object.keys(router).length > 0 && { router }),
    ...(Object.keys(providers).length > 0 && { provider_adapter: { providers } }),
  };
  return { config, keys: places.keys(), left };
}

interface Target {
  readonly model: string;
  readonly weight: number | undefined;
}

function targetsOf(group: Group, places: Places): readonly Target[] {
  return group.deployments.flatMap((deployment) => {
    const name = places.nameOf(deployment);
    return name === undefined ? [] : [{ model: `${name}/${deployment.model}`, weight: deployment.weight }];
  });
}

/** The targets of a name: its own by weight, or in order with those of its fallbacks behind them. */
function aliasOf(group: Group, targets: ReadonlyMap<string, readonly Target[]>, left: Left[]): readonly unknown[] {
  const own = targets.get(group.name) ?? [];
  const behind = group.fallbacks.flatMap((name) => {
    const list = targets.get(name);
    if (list !== undefined) return list;
    left.push({ where: `fallbacks of ${group.name}`, why: `${name} is not defined in this file` });
    return [];
  });
  const weighted = own.length > 1 && own.some(({ weight }) => weight !== undefined);
  if (weighted && behind.length === 0) return own.map(({ model, weight = 1 }) => ({ model, weight }));
  if (weighted) {
    left.push({
      where: group.name,
      why: "it has weights and fallbacks: here a name is drawn by weight or tried in order; in order was taken. Keep the weights by an alias without the fallbacks",
    });
  }
  return [...new Set([...own, ...behind].map(({ model }) => model))];
}

/** Gives each address with its key a provider's name, and remembers what it serves. */
class Places {
  private readonly known: ReadonlyMap<string, BuiltInProvider>;
  private readonly left: Left[];
  private readonly all: Place[] = [];

  constructor(known: ReadonlyMap<string, BuiltInProvider>, left: Left[]) {
    this.known = known;
    this.left = left;
  }

  /** Undefined if there is no provider for it; then that is told. */
  nameOf(deployment: Deployment): string | undefined {
    const { provider, key, model } = deployment;
    const address = this.plainAddress(deployment);
    const mine = this.all.filter((place) => place.provider === provider);
    let place = mine.find((each) => each.address === address && sameKey(each.key, key));
    if (place === undefined && mine.length > 0 && ONE_PLACE.has(provider)) {
      const why = `${provider} has one address and one credential here, and an earlier entry took them: it is left out`;
      this.left.push({ where: deployment.where, why });
      return undefined;
    }
    if (place === undefined) {
      const name = mine.length === 0 ? provider : `${provider}-${mine.length + 1}`;
      place = { name, provider, address, key, models: new Set() };
      this.all.push(place);
      if (mine.length > 0) {
        this.left.push({
          where: deployment.where,
          why: `${provider} has several addresses or keys in this file; this one is the provider ${name} here`,
        });
      }
    }
    if (model !== ANY_NAME) place.models.add(model);
    return place.name;
  }

  /** The address without what may be a secret: an address here has no user, password or query, and the file is no place for keys. */
  private plainAddress({ address, where }: Deployment): string | undefined {
    const url = address === undefined ? null : URL.parse(address);
    if (url === null) return address;
    if (url.username === "" && url.password === "" && url.search === "" && url.hash === "") return address;
    this.left.push({
      where,
      why: `the address of ${url.host} has a user, a password, a query or a fragment, which is left out: keys go into the sealed store (sluice secrets set)`,
    });
    return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
  }

  keys(): readonly WantedKey[] {
    return this.all.flatMap(({ name, key }) => (key === undefined ? [] : [{ provider: name, source: key }]));
  }

  sections(): Readonly<Record<string, unknown>> {
    const sections: Record<string, unknown> = {};
    for (const place of this.all) {
      const section = this.sectionOf(place);
      if (Object.keys(section).length > 0) sections[place.name] = section;
    }
    return sections;
  }

  private sectionOf(place: Place): Readonly<Record<string, unknown>> {
    const builtIn = this.known.get(place.name);
    if (builtIn !== undefined) {
      return { ...(place.address !== undefined && { base_url: place.address }), ...this.modelsOf(place, builtIn) };
    }
    const original = this.known.get(place.provider);
    const address = place.address ?? original?.baseUrl;
    if (address === undefined) {
      this.left.push({
        where: `provider ${place.provider}`,
        why: "it is not built in and the file has no address of it: set base_url",
      });
    }
    return {
      ...(address !== undefined && { base_url: address }),
      ...(WIRES[place.provider] !== undefined && { wire: WIRES[place.provider] }),
      ...(original !== undefined && { price_prefix: place.provider }),
      ...(place.key === undefined && { needs_key: false }),
      models: [...place.models],
    };
  }

  /** A list of models replaces the built-in one, so it is only written when one of them is not in that. */
  private modelsOf(place: Place, builtIn: BuiltInProvider): Readonly<Record<string, unknown>> {
    const names = new Set(builtIn.models.flatMap(({ id, aliases }) => [id, ...aliases]));
    const foreign = [...place.models].filter((model) => !names.has(model));
    if (foreign.length === 0) return {};
    this.left.push({
      where: `provider ${place.name}`,
      why: `not in its built-in list: ${foreign.join(", ")}. The models of this file are listed under provider_adapter.providers.${place.name}.models, which replaces that list; a model needs a price (sluice prices)`,
    });
    const used = builtIn.models.filter(({ id, aliases }) => [id, ...aliases].some((name) => place.models.has(name)));
    return { models: [...used.map(detailed), ...foreign] };
  }
}

function detailed(model: BuiltInProvider["models"][number]): Readonly<Record<string, unknown>> {
  return {
    id: model.id,
    context_tokens: model.contextTokens,
    max_output_tokens: model.maxOutputTokens,
    capabilities: model.capabilities,
    price_id: model.priceId,
    ...(model.aliases.length > 0 && { aliases: model.aliases }),
  };
}

function sameKey(one: KeySource | undefined, other: KeySource | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
