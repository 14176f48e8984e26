import { SluiceError } from "@sluice/platform/errors";
import {
  applyOverride,
  matches,
  type Override,
  overriddenId,
  partsOfId,
  precedence,
  priceIdWithoutList,
} from "./override.ts";
import type { Kind, Price } from "./price.ts";

const FLAT_PREFIX = "unpriced@";
/** A cloud's short name, its own name, and whose models it sells at the same price. */
const ALIAS_STEPS = 2;

/** What catalogue files say about a model beside its prices. */
export interface PricedModel {
  readonly priceId: string;
  readonly kind: Kind;
  /** Other ids that cost the same, e.g. dated snapshots. */
  readonly aliases: readonly string[];
  /** Where the price is from. */
  readonly source: string;
  /** When it was read there, as a date. */
  readonly retrieved: string;
  readonly file: string;
}

/** Everything catalogue files say. */
export interface CatalogueContent {
  readonly prices: readonly Price[];
  readonly models?: readonly PricedModel[];
  readonly overrides?: readonly Override[];
  /** Providers by other names people have for them; a name may stand for several. */
  readonly providerAliases?: ReadonlyMap<string, readonly string[]>;
}

/** Lookup tables over one content; made anew when it changes, so that readers see the old or the new whole. */
interface Index {
  readonly content: CatalogueContent;
  /** Versions of a model, the newest first, by its id and its aliases. */
  readonly models: ReadonlyMap<string, readonly Price[]>;
  readonly modelCount: number;
  readonly described: ReadonlyMap<string, PricedModel>;
  /** Overrides of an organisation, in order of precedence. */
  readonly overrides: ReadonlyMap<string, readonly Override[]>;
  /** Versions that overrides made, as they were asked for. */
  readonly overridden: Map<string, Price>;
}

/** Every price version the ledger knows. Its content can be replaced while it is used. */
export class Catalogue {
  #index: Index;
  /** Also those that left the files meanwhile: holds may still name them. */
  readonly #versions = new Map<string, Price>();
  readonly #overrides = new Map<string, Override>();

  constructor(prices: readonly Price[], more: Omit<CatalogueContent, "prices"> = {}) {
    this.#index = this.#indexOf({ ...more, prices });
  }

  /** Takes other content from now on; versions that are no longer in it stay known by their ids. */
  replace(content: CatalogueContent): void {
    this.#index = this.#indexOf(content);
  }

  /** Makes versions known by their ids that are in no file any more. */
  remember(prices: readonly Price[], overrides: readonly Override[]): void {
    for (const price of prices) if (!this.#versions.has(price.id)) this.#versions.set(price.id, price);
    for (const override of overrides) if (!this.#overrides.has(override.id)) this.#overrides.set(override.id, override);
  }

  get content(): CatalogueContent {
    return this.#index.content;
  }

  get prices(): readonly Price[] {
    return this.#index.content.prices;
  }

  /** Number of models with a price. */
  get modelCount(): number {
    return this.#index.modelCount;
  }

  /**
   * The version valid at a moment (epoch milliseconds), an organisation's own if it has one; undefined if the model had no price then.
   * The id may be an alias.
   */
  at(priceId: string, moment: number, tenant?: string): Price | undefined {
    const list = this.#index.models.get(priceId)?.find((price) => price.validFrom <= moment);
    const own = tenant === undefined ? undefined : this.#index.overrides.get(tenant);
    if (own === undefined) return list;
    const id = list?.priceId ?? priceId;
    const override = own.find((each) => each.validFrom <= moment && matches(each, id));
    return override === undefined ? list : (this.#overridden(override, id, list) ?? list);
  }

  /** As `at`, by a name whose provider may go by another name, and that by yet another. */
  find(name: string, moment: number, tenant?: string): Price | undefined {
    let names = [name];
    for (let step = 0; step <= ALIAS_STEPS; step++) {
      for (const each of names) {
        const price = this.at(each, moment, tenant);
        if (price !== undefined) return price;
      }
      names = names.flatMap((each) => this.#renamed(each));
    }
    return undefined;
  }

  #renamed(name: string): string[] {
    const slash = name.indexOf("/");
    const providers = this.#index.content.providerAliases?.get(name.slice(0, slash)) ?? [];
    return providers.map((provider) => `${provider}${name.slice(slash)}`);
  }

  /** What the files say about a model beside its prices. */
  model(priceId: string): PricedModel | undefined {
    return this.#index.described.get(priceId);
  }

  /** The version of this id, flat prices and organisations' own included; undefined if unknown. */
  version(id: string): Price | undefined {
    return this.#versions.get(id) ?? flatPrice(id) ?? this.#overriddenVersion(id);
  }

  #overridden(override: Override, priceId: string, list: Price | undefined): Price | undefined {
    const id = overriddenId(override, priceId, list);
    const known = this.#index.overridden.get(id);
    if (known !== undefined) return known;
    const price = applyOverride(override, priceId, list);
    if (price !== undefined) this.#index.overridden.set(id, price);
    return price;
  }

  #overriddenVersion(id: string): Price | undefined {
    const parts = partsOfId(id);
    const override = parts && this.#overrides.get(parts.overrideId);
    if (parts === undefined || override === undefined) return undefined;
    const list = this.#versions.get(parts.listId);
    const priceId = list?.priceId ?? priceIdWithoutList(parts.listId);
    return priceId === undefined ? undefined : this.#overridden(override, priceId, list);
  }

  #indexOf(content: CatalogueContent): Index {
    const models = new Map<string, Price[]>();
    for (const price of content.prices) {
      this.#versions.set(price.id, price);
      const versions = models.get(price.priceId);
      if (versions === undefined) models.set(price.priceId, [price]);
      else versions.push(price);
    }
    const modelCount = models.size;
    for (const versions of models.values()) versions.sort((a, b) => b.validFrom - a.validFrom);
    for (const { priceId, aliases } of content.models ?? []) {
      const versions = models.get(priceId);
      if (versions !== undefined) for (const alias of aliases) if (!models.has(alias)) models.set(alias, versions);
    }
    // Whoever names a model by another name of it means the model.
    const overrides = (content.overrides ?? [])
      .map((override) => ({ ...override, match: models.get(override.match)?.[0]?.priceId ?? override.match }))
      .sort(precedence);
    for (const override of overrides) this.#overrides.set(override.id, override);
    return {
      content,
      models,
      modelCount,
      described: new Map((content.models ?? []).map((model) => [model.priceId, model])),
      overrides: Map.groupBy(overrides, ({ tenant }) => tenant),
      overridden: new Map(),
    };
  }
}

/** The price of a model without one, under the policy `flat_hold`: it is held and charged whatever the attempt uses. */
export function flatPriceOf(nanousd: bigint): Price {
  return { priceId: "", id: `${FLAT_PREFIX}${nanousd}`, validFrom: 0, rates: {}, flat: nanousd };
}

function flatPrice(id: string): Price | undefined {
  const digits = id.startsWith(FLAT_PREFIX) ? id.slice(FLAT_PREFIX.length) : "";
  return /^[0-9]{1,18}$/.test(digits) ? flatPriceOf(BigInt(digits)) : undefined;
}

/** @throws not_found naming the version */
export function requireVersion(catalogue: Catalogue, id: string): Price {
  const price = catalogue.version(id);
  if (price === undefined) throw new SluiceError("not_found", `Price version "${id}" is not in the catalogue.`);
  return price;
}
