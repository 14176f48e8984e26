import { pinned } from "./pinned.ts";
import { priority } from "./priority.ts";
import type { Strategy } from "./strategy.ts";

/** Every strategy by name. */
export const STRATEGIES = { pinned, priority } as const satisfies Record<string, Strategy>;
