import type { ChatRequest } from "@sluice/proto/chat/v1/chat";
import { Usage, UsageSource } from "@sluice/proto/common/v1/usage";
import { countUsage, type Delivered, estimateInput } from "../count.ts";
import type { Ending } from "./types.ts";

/** What a provider said of an answer's consumption. */
export interface Said {
  /** Absent if it said nothing that can be read. */
  readonly usage: Usage | undefined;
  /** True if these are its figures for the whole answer. */
  readonly final: boolean;
  /** True if its output tokens cover everything that was delivered. */
  readonly covers: boolean;
}

/** What the figures are settled against. */
export interface Measured {
  readonly chat: ChatRequest;
  /** Input tokens the hold covers; 0 if that is not known. */
  readonly inputTokenBound: bigint;
  readonly delivered: Delivered;
  /** True once the caller is gone. */
  readonly left: boolean;
}

/** Why our own count stands in the bill: nothing was said, the answer was cut, or the figures cannot be true. */
export type CountedFor = "missing" | "partial" | "contradicted";

export interface Settled extends Pick<Ending, "usage" | "source"> {
  /** Undefined if the provider's figures stand as they are. */
  readonly counted: CountedFor | undefined;
}

/**
 * What an answer is billed with. The provider's figures for the whole answer stand, unless they cannot be true: no input, or fewer output
 * tokens than what was delivered can have. Of an answer that was cut, its figures so far stand for the prompt, and for the answer if they
 * cover what was delivered; what they leave out is counted. Everything that is not wholly the provider's is marked as counted.
 */
export function settleUsage(said: Said, measured: Measured): Settled {
  const { usage, final, covers } = said;
  const { chat, inputTokenBound, delivered, left } = measured;
  const source = UsageSource.USAGE_SOURCE_COUNTED;
  if (usage === undefined) {
    return { usage: countUsage(chat, inputTokenBound, delivered), source, counted: "missing" };
  }
  const hasInput = inputOf(usage) > 0n || delivered.deltas === 0;
  const hasOutput = covers && outputOf(usage) >= delivered.floor;
  if (final && hasInput && hasOutput) {
    const reported = left ? UsageSource.USAGE_SOURCE_DRAINED : UsageSource.USAGE_SOURCE_PROVIDER;
    return { usage, source: reported, counted: undefined };
  }
  const settled = Usage.create(usage);
  if (!hasInput) settled.inputTokens = estimateInput(chat, inputTokenBound);
  if (!hasOutput) settled.outputTokens = atLeast(usage, delivered.tokens);
  return { usage: settled, source, counted: final ? "contradicted" : "partial" };
}

/** The plain output tokens that bring the whole output to at least `tokens`. */
function atLeast(usage: Usage, tokens: bigint): bigint {
  const reported = outputOf(usage);
  return (usage.outputTokens ?? 0n) + (tokens > reported ? tokens - reported : 0n);
}

function outputOf(usage: Usage): bigint {
  return (usage.outputTokens ?? 0n) + (usage.outputAudioTokens ?? 0n) + (usage.outputImageTokens ?? 0n);
}

function inputOf(usage: Usage): bigint {
  return (
    (usage.inputTokens ?? 0n) +
    (usage.cachedInputTokens ?? 0n) +
    (usage.cacheWrite5mTokens ?? 0n) +
    (usage.cacheWrite1hTokens ?? 0n) +
    (usage.inputAudioTokens ?? 0n) +
    (usage.inputImageTokens ?? 0n)
  );
}
