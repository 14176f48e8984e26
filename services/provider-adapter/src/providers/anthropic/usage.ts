import { Usage } from "@sluice/proto/common/v1/usage";
import type { UsageSoFar } from "../../provider.ts";
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

/** Cache writes by life: the split is told once, the total may be restated later, so the split's rest lives five minutes. */
function addWrites(usage: Usage, wire: WireUsage, problems: string[]): void {
  const total = read("cache_creation_input_tokens", wire.cache_creation_input_tokens, problems);
  const hour = read("ephemeral_1h_input_tokens", wire.cache_creation?.ephemeral_1h_input_tokens, problems);
  const minutes = read("ephemeral_5m_input_tokens", wire.cache_creation?.ephemeral_5m_input_tokens, problems);
  if (total === undefined) {
    if (minutes !== undefined) usage.cacheWrite5mTokens = minutes;
    if (hour !== undefined) usage.cacheWrite1hTokens = hour;
    return;
  }
  const ofHour = hour === undefined || hour <= total ? hour : total;
  usage.cacheWrite5mTokens = total - (ofHour ?? 0n);
  if (ofHour !== undefined) usage.cacheWrite1hTokens = ofHour;
  if (ofHour !== hour) problems.push(`The provider's cache_creation is larger than its total of ${total} tokens.`);
}

/** Calls of tools the provider ran and bills by call: `web_search_requests: 2` is two calls of web_search. */
function addServerTools(usage: Usage, wire: WireUsage): void {
  for (const [name, calls] of Object.entries(wire.server_tool_use ?? {})) {
    if (typeof calls !== "number" || !isCount(calls) || calls === 0) continue;
    usage.serverToolCalls[name.replace(/_requests$/, "").slice(0, 64)] = BigInt(calls);
  }
}

/**
 * Anthropic's classes are disjoint already: input_tokens leaves out what was read from or written to a cache,
 * output_tokens includes thinking. Usage without both counts as not reported: half a bill is no bill.
 */
export function mapUsage(wire: unknown): MappedUsage {
  const problems: string[] = [];
  const parsed = wireUsage.safeParse(wire);
  if (!parsed.success) return { usage: undefined, problems };
  const { data } = parsed;
  const input = read("input_tokens", data.input_tokens, problems);
  const output = read("output_tokens", data.output_tokens, problems);
  if (input === undefined || output === undefined) {
    if (problems.length === 0) problems.push("The provider's usage lacks input_tokens or output_tokens.");
    return { usage: undefined, problems };
  }
  const raw = JSON.stringify(wire);
  const usage = Usage.create({ inputTokens: input, outputTokens: output, rawJson: raw.length > RAW_MAX ? "" : raw });
  const cached = read("cache_read_input_tokens", data.cache_read_input_tokens, problems);
  if (cached !== undefined) usage.cachedInputTokens = cached;
  addWrites(usage, data, problems);
  const thinking = read("thinking_tokens", data.output_tokens_details?.thinking_tokens, problems);
  if (thinking !== undefined) usage.reasoningTokens = thinking;
  addServerTools(usage, data);
  return { usage, problems };
}

/** What was said of an answer that is not whole: the start tells the prompt's counts; its output tokens are no count yet. */
export function soFarOf(wire: Readonly<Record<string, unknown>>, counted: boolean): UsageSoFar | undefined {
  const { usage } = mapUsage(counted ? wire : { ...wire, output_tokens: 0 });
  return usage && { usage, covers: counted };
}
