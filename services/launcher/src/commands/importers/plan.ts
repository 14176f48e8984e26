import type { Left } from "./foreign-map.ts";

/** Where a foreign configuration has a provider's key. */
export type KeySource =
  | { readonly kind: "literal"; readonly secret: string }
  /** The variable of the environment it is read from. */
  | { readonly kind: "variable"; readonly name: string }
  /** The name it has in the other gateway's own store. */
  | { readonly kind: "elsewhere"; readonly name: string };

/** One place where one model is served. */
export interface Deployment {
  /** Our name of the provider. */
  readonly provider: string;
  readonly model: string;
  /** Address, where it is not the provider's usual one. */
  readonly address?: string | undefined;
  readonly key?: KeySource | undefined;
  readonly weight?: number | undefined;
  /** Where it stands in the foreign file. */
  readonly where: string;
}

/** A name callers use, and what it stands for. */
export interface Group {
  readonly name: string;
  readonly deployments: readonly Deployment[];
  /** Names of groups that are tried afterwards. */
  readonly fallbacks: readonly string[];
  /** Settings of a route rule for this name; empty if none. */
  readonly route: Readonly<Record<string, unknown>>;
}

/** What a foreign configuration says, in our words. */
export interface Plan {
  readonly groups: readonly Group[];
  /** The section `router` without aliases and routes. */
  readonly router: Readonly<Record<string, unknown>>;
  readonly left: readonly Left[];
}

/** A key that has to reach the sealed store. */
export interface WantedKey {
  readonly provider: string;
  readonly source: KeySource;
}

/** What `sluice import` makes. */
export interface Imported {
  /** The contents of a sluice.yaml. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly keys: readonly WantedKey[];
  readonly left: readonly Left[];
}
