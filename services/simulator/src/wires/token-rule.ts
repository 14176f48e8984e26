import type { Ask } from "../answer/types.ts";

/**
 * What a prompt costs here, by a rule that a gateway can bound without seeing the wire: so many tokens a message and a tool, so many an
 * image, and one per UTF-8 byte of every text: contents, names, ids and arguments of tool calls, tool definitions, schemas. Opaque
 * signatures and the JSON around texts cost nothing.
 */
export const FRAME_TOKENS = 4;
export const IMAGE_TOKENS = 85;

/** How many of the prompt's tokens are said to have come from a cache. */
export function cachedTokens({ model, promptTokens }: Ask): number {
  return Math.min(model.faults.get("cached") ?? 0, promptTokens);
}
