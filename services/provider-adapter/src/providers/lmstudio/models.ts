import type { ModelEntry } from "../../provider.ts";

/** None is known beforehand: configuration lists what the server has. */
export const models: readonly ModelEntry[] = [];
