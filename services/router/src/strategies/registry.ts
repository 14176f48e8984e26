import { pinned } from "./pinned.ts";
import { priority } from "./priority.ts";
import type { Strategy } from "./strategy.ts";
import { weighted } from "./weighted.ts";

/** Every strategy by name. */
export const STRATEGIES = { pinned, priority, weighted } as const satisfies Record<string, Strategy>;
