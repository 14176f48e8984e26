import { Usage } from "@sluice/proto/common/v1/usage";
import { isCount } from "../figures.ts";
import { type WireUsage, wireUsage } from "./wire.ts";

/** A provider's usage in disjoint classes; absent when it gave none that can be believed. */
export interface MappedUsage {
  readonly usage: Usage | undefined;
  /** Sentences for the log about figures that were not believed. */
  readonly problems: readonly string[];
}

/** Longest usage object kept for audit, in characters. */
const RAW_MAX = 4_096;

function read(name: string, value: number | null | undefined, problems: string[]): bigint | undefined {
  if (value === null || value === undefined) return undefined;
  if (isCount(value)) return BigInt(value);
  problems.push(`The provider reported ${name} = ${value}; it was taken as not reported.`);
  return undefined;
}

/** Cache writes by life, where it is told; the rest of the total lives five minutes. */
function addWrites(usage: Usage, wire: WireUsage, problems: string[]): void {
  const details = wire.cacheDetails ?? [];
  const hour = details
    .filter(({ ttl }) => ttl === "1h")
    .reduce((sum, { inputTokens }) => sum + (read("cacheDetails.inputTokens", inputTokens, problems) ?? 0n), 0n);
  const total = read("cacheWriteInputTokens", wire.cacheWriteInputTokens, problems) ?? (hour > 0n ? hour : undefined);
  if (total === undefined) return;
  const ofHour = hour <= total ? hour : total;
  usage.cacheWrite5mTokens = total - ofHour;
  if (ofHour > 0n) usage.cacheWrite1hTokens = ofHour;
  if (ofHour !== hour) problems.push(`The provider's cacheDetails are larger than its total of ${total} tokens.`);
}

/**
 * Bedrock's classes are disjoint already: inputTokens leaves out what was read from or written to a cache. Usage without both totals counts
 * as not reported: half a bill is no bill.
 */
export function mapUsage(wire: unknown): MappedUsage {
  const problems: string[] = [];
  const parsed = wireUsage.safeParse(wire);
  if (!parsed.success) return { usage: undefined, problems };
  const { data } = parsed;
  const input = read("inputTokens", data.inputTokens, problems);
  const output = read("outputTokens", data.outputTokens, problems);
  if (input === undefined || output === undefined) {
    if (problems.length === 0) problems.push("The provider's usage lacks inputTokens or outputTokens.");
    return { usage: undefined, problems };
  }
  const raw = JSON.stringify(wire);
  const usage = Usage.create({ inputTokens: input, outputTokens: output, rawJson: raw.length > RAW_MAX ? "" : raw });
  const cached = read("cacheReadInputTokens", data.cacheReadInputTokens, problems);
  if (cached !== undefined) usage.cachedInputTokens = cached;
  addWrites(usage, data, problems);
  return { usage, problems };
}
