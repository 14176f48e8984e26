/** A model that may serve the request, after the catalogue and the credentials had their say. */
export interface Candidate {
  readonly provider: string;
  readonly model: string;
  /** Share of requests it gets first under `weighted`, relative to the others. */
  readonly weight: number;
}

/** A candidate in its place. */
export interface Ordered<C extends Candidate = Candidate> {
  readonly candidate: C;
  /** Chance of standing first, 0 to 1; a deterministic strategy says 1 and 0. */
  readonly propensity: number;
}

/** Orders candidates; pure but for the random numbers it is given, so that a past decision can be computed again. */
export interface Strategy {
  readonly name: string;
  /** `random` gives numbers from 0 (included) to 1 (excluded). */
  order<C extends Candidate>(candidates: readonly C[], random: () => number): readonly Ordered<C>[];
}
