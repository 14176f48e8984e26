import type { Logger } from "@sluice/platform/log";
import type { Client } from "@sluice/platform/rpc";
import type { CatalogModel, ProviderServiceDefinition, RetiredModel } from "@sluice/proto/provider/v1/provider_service";

const MISS_REFRESH_MS = 100;

export interface CatalogOptions {
  readonly provider: Client<typeof ProviderServiceDefinition>;
  readonly refreshMs: number;
  readonly log: Logger;
}

/** The snapshot one decision is made from. */
export interface CatalogSnapshot {
  readonly models: readonly CatalogModel[];
  readonly providers: readonly string[];
  /** Finds `provider/model`, an alias of the model or a `+variant` of one that has variants. */
  find(provider: string, model: string): CatalogModel | undefined;
  /** Real models (never simulated ones) with this bare name, available ones first. */
  findBare(model: string): readonly CatalogModel[];
  /** Finds a model that is no longer in the catalogue, by `provider/model` or its bare name. */
  findRetired(name: string): RetiredModel | undefined;
}

/**
 * Keeps the adapter's model catalogue close. It is read at start, then every `refreshMs`; an adapter that is away leaves the last
 * snapshot in force. Callers that miss a name may ask for `refresh()` first, which joins a read already under way.
 */
export class Catalog {
  readonly #options: CatalogOptions;
  #snapshot: CatalogSnapshot | undefined;
  #version = "";
  #readAt = 0;
  #reading: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CatalogOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.#refreshQuietly(), this.#options.refreshMs);
    this.#refreshQuietly();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** True once a catalogue has been read. */
  get known(): boolean {
    return this.#snapshot !== undefined;
  }

  /** The current snapshot; reads it first if there is none. @throws unavailable if the adapter cannot be reached. */
  async snapshot(): Promise<CatalogSnapshot> {
    if (this.#snapshot === undefined) await this.refresh();
    return this.#snapshot ?? indexCatalog([], []);
  }

  /** Reads the catalogue again. @throws unavailable if the adapter cannot be reached. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Reads again because a name was not found, but not more often than ten times a second: unknown names must not become a flood. */
  async refreshForMiss(): Promise<void> {
    if (Date.now() - this.#readAt < MISS_REFRESH_MS) return;
    await this.refresh();
  }

  /**
   * Reads what is true now, for a credential may just have been stored: a read under way may have begun before, so it is awaited and another
   * follows, which all who wait share.
   */
  async refreshAfresh(): Promise<void> {
    // Whatever became of the earlier read, the next one tells.
    await this.#reading?.catch(() => undefined);
    await this.refresh();
  }

  async #read(): Promise<void> {
    this.#readAt = Date.now();
    const answer = await this.#options.provider.listCatalog({ knownVersion: this.#version }, { deadlineMs: 5000 });
    if (answer.unchanged && this.#snapshot !== undefined) return;
    this.#snapshot = indexCatalog(answer.models, answer.providers, answer.retired);
    this.#version = answer.version;
  }

  #refreshQuietly(): void {
    this.refresh().catch((error: unknown) => {
      this.#options.log.warn({ err: error }, "model catalogue not refreshed");
    });
  }
}

/** Builds the look-up tables of a snapshot. */
export function indexCatalog(
  models: readonly CatalogModel[],
  providers: readonly string[],
  retired: readonly RetiredModel[] = [],
): CatalogSnapshot {
  const ended = new Map(
    retired.flatMap((each) => [each.model, `${each.provider}/${each.model}`].map((name) => [name, each])),
  );
  const byName = new Map<string, CatalogModel>();
  const byBareName = new Map<string, CatalogModel[]>();
  for (const model of models) {
    for (const name of [model.model, ...model.aliases]) {
      byName.set(`${model.provider}/${name}`, model);
      if (!model.simulated) byBareName.set(name, [...(byBareName.get(name) ?? []), model]);
    }
  }
  return {
    models,
    providers,
    find(provider, name) {
      const exact = byName.get(`${provider}/${name}`);
      if (exact !== undefined) return exact;
      const plus = name.indexOf("+");
      if (plus <= 0) return undefined;
      const base = byName.get(`${provider}/${name.slice(0, plus)}`);
      return base?.variants === true ? { ...base, model: name } : undefined;
    },
    findRetired: (name) => ended.get(name),
    findBare(name) {
      const found = byBareName.get(name) ?? [];
      return [...found].sort((a, b) => Number(b.available) - Number(a.available));
    },
  };
}
