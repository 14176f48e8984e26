import type { Candidate, Ordered, Strategy } from "./strategy.ts";

/**
 * Draws the order by weight, without replacement: each place goes to one of the remaining candidates with a chance of its weight over
 * theirs. Keys u^(1/w) sorted downward give exactly that in one pass (Efraimidis and Spirakis, "Weighted random sampling with a
 * reservoir", 2006).
 */
export const weighted: Strategy = {
  name: "weighted",
  order: <C extends Candidate>(candidates: readonly C[], random: () => number): readonly Ordered<C>[] => {
    const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
    return candidates
      .map((candidate) => ({
        candidate,
        propensity: candidate.weight / total,
        // The logarithm keeps the order and does not underflow for small weights.
        key: Math.log(1 - random()) / candidate.weight,
      }))
      .sort((a, b) => b.key - a.key)
      .map(({ candidate, propensity }) => ({ candidate, propensity }));
  },
};
