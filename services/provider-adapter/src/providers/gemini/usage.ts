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
/** The modality AUDIO by name and by number. */
const AUDIO: readonly unknown[] = ["AUDIO", 4];

type Read = (name: string, value: number | null | undefined) => bigint | undefined;
type Details = WireUsage["promptTokensDetails"];

function reader(problems: string[]): Read {
  return (name, value) => {
    if (value === null || value === undefined) return undefined;
    if (isCount(value)) return BigInt(value);
    problems.push(`The provider reported ${name} = ${value}; it was taken as not reported.`);
    return undefined;
  };
}

function audioOf(read: Read, name: string, details: Details): bigint | undefined {
  const entry = details?.find(({ modality }) => AUDIO.includes(modality));
  return entry === undefined ? undefined : read(name, entry.tokenCount);
}

/** Answer tokens; `others` are all the rest of the total. A count of zero is left out on the wire: the total tells it from one not reported. */
function candidatesOf(read: Read, wire: WireUsage, others: bigint): bigint | undefined {
  const said = read("candidatesTokenCount", wire.candidatesTokenCount);
  if (said !== undefined) return said;
  const total = read("totalTokenCount", wire.totalTokenCount);
  if (total === undefined) return undefined;
  return total > others ? total - others : 0n;
}

function clamped(left: bigint, name: string, problems: string[]): bigint {
  if (left >= 0n) return left;
  problems.push(`The provider's ${name} is smaller than the sum of its parts by ${-left} tokens.`);
  return 0n;
}

/**
 * Splits Google's counts: promptTokenCount includes cached tokens and audio but not the prompts of its own tools; candidatesTokenCount
 * excludes thoughts. `complete` is false for an answer that was cut with content in it: until the last event a missing
 * candidatesTokenCount means that nobody has counted yet, so such usage counts as not reported.
 */
export function mapUsage(wire: unknown, complete: boolean): MappedUsage {
  const problems: string[] = [];
  const parsed = wireUsage.safeParse(wire);
  if (!parsed.success) return { usage: undefined, problems };
  const { data } = parsed;
  const read = reader(problems);
  const prompt = read("promptTokenCount", data.promptTokenCount);
  const toolUse = read("toolUsePromptTokenCount", data.toolUsePromptTokenCount) ?? 0n;
  const thoughts = read("thoughtsTokenCount", data.thoughtsTokenCount);
  if (prompt === undefined || (!complete && typeof data.candidatesTokenCount !== "number")) {
    return { usage: undefined, problems };
  }
  const candidates = candidatesOf(read, data, prompt + toolUse + (thoughts ?? 0n));
  if (candidates === undefined) {
    if (problems.length === 0) problems.push("The provider's usage lacks candidatesTokenCount and totalTokenCount.");
    return { usage: undefined, problems };
  }
  const cached = read("cachedContentTokenCount", data.cachedContentTokenCount);
  const audioAll = audioOf(read, "prompt audio tokens", data.promptTokensDetails);
  const audioCached = audioOf(read, "cached audio tokens", data.cacheTokensDetails) ?? 0n;
  const audioIn = audioAll === undefined ? undefined : clamped(audioAll - audioCached, "prompt audio tokens", problems);
  const audioOut = audioOf(read, "answer audio tokens", data.candidatesTokensDetails);
  const raw = JSON.stringify(wire);
  const usage = Usage.create({ rawJson: raw.length > RAW_MAX ? "" : raw });
  usage.inputTokens = clamped(prompt + toolUse - (cached ?? 0n) - (audioIn ?? 0n), "promptTokenCount", problems);
  usage.outputTokens = clamped(candidates - (audioOut ?? 0n), "candidatesTokenCount", problems) + (thoughts ?? 0n);
  if (cached !== undefined) usage.cachedInputTokens = cached;
  if (audioIn !== undefined) usage.inputAudioTokens = audioIn;
  if (audioOut !== undefined) usage.outputAudioTokens = audioOut;
  if (thoughts !== undefined) usage.reasoningTokens = thoughts;
  return { usage, problems };
}

/** What was said of an answer that is not whole: the prompt's count stands on the first event, the answer's grows. */
export function soFarOf(wire: unknown, covers: boolean): UsageSoFar | undefined {
  const parsed = wireUsage.safeParse(wire);
  if (!parsed.success) return undefined;
  const counted = typeof parsed.data.candidatesTokenCount === "number";
  const { usage } = mapUsage(counted ? wire : { ...parsed.data, candidatesTokenCount: 0 }, true);
  return usage && { usage, covers: covers && counted };
}
