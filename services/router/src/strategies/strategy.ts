/** A model that may serve the request, after the catalogue and the credentials had their say. */
export interface Candidate {
  readonly provider: string;
  readonly model: string;
}

export interface OrderedCandidate extends Candidate {
  /** Chance of standing first, 0 to 1; a deterministic strategy says 1 and 0. */
  readonly propensity: number;
}

/** Orders candidates; pure, so that a past decision can be computed again. */
export interface Strategy {
  readonly name: string;
  order(candidates: readonly Candidate[]): readonly OrderedCandidate[];
}
