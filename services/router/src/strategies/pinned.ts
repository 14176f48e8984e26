import type { Strategy } from "./strategy.ts";

/** Only the first candidate, because the caller named it. */
export const pinned: Strategy = {
  name: "pinned",
  order: (candidates) => candidates.slice(0, 1).map((candidate) => ({ candidate, propensity: 1 })),
};
