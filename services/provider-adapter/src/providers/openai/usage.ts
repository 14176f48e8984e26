import { Usage } from "@sluice/proto/common/v1/usage";
import type { UsageSoFar } from "../../provider.ts";
import { isCount } from "../figures.ts";
import { isObject, readUsage, type WireAnswer, type WireUsage } from "./wire.ts";

/** A provider's usage in disjoint classes; absent when it gave none that can be believed. */
export interface MappedUsage {
  readonly usage: Usage | undefined;
  /** Sentences for the log about figures that were not believed. */
  readonly problems: readonly string[];
}

/** How a look-alike counts where it differs from OpenAI. */
export interface UsageRules {
  /** True if completion_tokens leaves reasoning tokens out where the total does not tell. */
  readonly reasoningIsExtra?: boolean;
  /** A field of the answer that may hold the usage object too. */
  readonly holder?: string;
  /** Calls of the provider's own tools that it bills, by name; from its usage object. */
  readonly serverCalls?: (wire: WireUsage) => Readonly<Record<string, bigint>>;
}

/** Longest usage object kept for audit, in characters. */
const RAW_MAX = 4_096;

type Counts = ReturnType<typeof countsOf>;

function countsOf(wire: WireUsage, problems: string[]) {
  const read = (name: string, value: number | null | undefined): bigint | undefined => {
    if (value === null || value === undefined) return undefined;
    if (isCount(value)) return BigInt(value);
    problems.push(`The provider reported ${name} = ${value}; it was taken as not reported.`);
    return undefined;
  };
  return {
    prompt: read("prompt_tokens", wire.prompt_tokens),
    completion: read("completion_tokens", wire.completion_tokens),
    total: read("total_tokens", wire.total_tokens),
    cached: read(
      "cached_tokens",
      wire.prompt_tokens_details?.cached_tokens ??
        wire.prompt_cache_hit_tokens ??
        wire.cached_tokens ??
        wire.num_cached_tokens,
    ),
    written: read("cache_write_tokens", wire.prompt_tokens_details?.cache_write_tokens),
    audioIn: read("prompt audio_tokens", wire.prompt_tokens_details?.audio_tokens),
    reasoning: read("reasoning_tokens", wire.completion_tokens_details?.reasoning_tokens ?? wire.reasoning_tokens),
    audioOut: read("completion audio_tokens", wire.completion_tokens_details?.audio_tokens),
  };
}

/** What is left of a total after its classes; the classes win if they are larger than the total. */
function rest(total: bigint, parts: readonly (bigint | undefined)[], name: string, problems: string[]): bigint {
  let left = total;
  for (const part of parts) left -= part ?? 0n;
  if (left >= 0n) return left;
  problems.push(`The provider's ${name} is smaller than the sum of its parts by ${-left} tokens.`);
  return 0n;
}

/** Whether reasoning comes on top of the completion: the total tells, else the provider's habit. */
function reasoningOnTop(counts: Counts, rules: UsageRules): boolean {
  const { prompt = 0n, completion = 0n, reasoning = 0n, total } = counts;
  if (reasoning === 0n || total === prompt + completion) return false;
  return total === prompt + completion + reasoning || rules.reasoningIsExtra === true;
}

/** Whether audio comes on top of the prompt, which the total tells. */
function audioOnTop({ prompt = 0n, completion = 0n, audioIn = 0n, total }: Counts): boolean {
  return audioIn > 0n && total === prompt + audioIn + completion;
}

/**
 * Tokens read from a cache that cannot be part of the prompt, which the total confirms: a text of the provider's own before it, which nobody
 * is charged for.
 */
function cachedBeyond({ prompt = 0n, completion = 0n, cached = 0n, total }: Counts): boolean {
  return cached > prompt && total === prompt + completion;
}

function disjoint(counts: Counts, rules: UsageRules, raw: string, problems: string[]): Usage {
  const usage = Usage.create({ rawJson: raw });
  const { prompt, completion, cached, written, audioIn, reasoning, audioOut } = counts;
  const within = audioOnTop(counts) ? [cached, written] : [cached, written, audioIn];
  if (prompt !== undefined) usage.inputTokens = rest(prompt, within, "prompt_tokens", problems);
  if (completion !== undefined) {
    const total = reasoningOnTop(counts, rules) ? completion + (reasoning ?? 0n) : completion;
    usage.outputTokens = rest(total, [audioOut], "completion_tokens", problems);
  }
  if (cached !== undefined) usage.cachedInputTokens = cached;
  if (written !== undefined) usage.cacheWrite5mTokens = written;
  if (audioIn !== undefined) usage.inputAudioTokens = audioIn;
  if (reasoning !== undefined) usage.reasoningTokens = reasoning;
  if (audioOut !== undefined) usage.outputAudioTokens = audioOut;
  return usage;
}

/**
 * Splits OpenAI's overlapping totals: prompt_tokens includes cached, cache-written and audio tokens, completion_tokens
 * includes reasoning and audio. Usage without both totals counts as not reported: half a bill is no bill.
 */
export function mapUsage(wire: unknown, rules: UsageRules = {}): MappedUsage {
  const problems: string[] = [];
  const read = readUsage(wire);
  if (read === undefined) return { usage: undefined, problems };
  const said = countsOf(read, problems);
  const beyond = cachedBeyond(said);
  if (beyond) {
    problems.push("The provider's prompt_tokens is smaller than the sum of its parts: cached_tokens was left out.");
  }
  const counts = beyond ? { ...said, cached: undefined } : said;
  if (counts.prompt === undefined || counts.completion === undefined) {
    if (problems.length === 0) problems.push("The provider's usage lacks prompt_tokens or completion_tokens.");
    return { usage: undefined, problems };
  }
  const raw = JSON.stringify(wire);
  const usage = disjoint(counts, rules, raw.length > RAW_MAX ? "" : raw, problems);
  if (rules.serverCalls !== undefined) usage.serverToolCalls = { ...rules.serverCalls(read) };
  return { usage, problems };
}

/** What was said of an answer that is not whole: the prompt's figures count though the answer's are missing. */
export function soFarOf(wire: unknown, covers: boolean, rules: UsageRules): UsageSoFar | undefined {
  if (!isObject(wire)) return undefined;
  const { completion_tokens: completion } = wire;
  const counted = typeof completion === "number" && isCount(completion);
  const { usage } = mapUsage(counted ? wire : { ...wire, completion_tokens: 0 }, rules);
  return usage && { usage, covers: covers && counted };
}

/** The usage object of an answer or event, wherever it stands; undefined if there is none. */
export function usageIn(answer: WireAnswer, rules: UsageRules): unknown {
  if (isObject(answer.usage)) return answer.usage;
  const holder = rules.holder === undefined ? undefined : answer[rules.holder];
  if (isObject(holder) && isObject(holder["usage"])) return holder["usage"];
  // Some put it into the choice that ends.
  const first: unknown = Array.isArray(answer.choices) ? answer.choices[0] : undefined;
  return isObject(first) && isObject(first["usage"]) ? first["usage"] : undefined;
}
