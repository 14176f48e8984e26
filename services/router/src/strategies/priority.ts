import type { Strategy } from "./strategy.ts";

/** All candidates in the order in which the configuration lists them. */
export const priority: Strategy = {
  name: "priority",
  order: (candidates) => candidates.map((candidate, index) => ({ candidate, propensity: index === 0 ? 1 : 0 })),
};
