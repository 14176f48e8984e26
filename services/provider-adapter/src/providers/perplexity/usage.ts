import type { WireUsage } from "../openai/wire.ts";

const SIZES: ReadonlySet<unknown> = new Set(["low", "medium", "high"]);

/** Each request costs a fee by the size of its search, beside the tokens: one call of the search of that size. */
export function serverCalls(wire: WireUsage): Readonly<Record<string, bigint>> {
  const size = wire["search_context_size"];
  return SIZES.has(size) ? { [`search_${String(size)}`]: 1n } : {};
}
