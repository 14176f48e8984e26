import { Usage } from "@sluice/proto/common/v1/usage";
import { isCount } from "./figures.ts";

/** Longest usage object kept for audit, in characters. */
const RAW_MAX = 4_096;

/** A count that can be billed; undefined if there is none. */
export function countIn(value: unknown): bigint | undefined {
  return typeof value === "number" && isCount(value) ? BigInt(value) : undefined;
}

/** The usage object for audit. */
export function rawOf(wire: unknown): string {
  const raw = JSON.stringify(wire) ?? "";
  return raw.length > RAW_MAX ? "" : raw;
}

/**
 * Usage that is input tokens alone. Nothing read for something asked cannot be true, so zero counts as not said.
 * @returns undefined if there is no figure that can be believed
 */
export function inputUsage(tokens: unknown, wire: unknown): Usage | undefined {
  const inputTokens = countIn(tokens);
  if (inputTokens === undefined || inputTokens === 0n) return undefined;
  return Usage.fromPartial({ inputTokens, rawJson: rawOf(wire) });
}
