import type { Kind } from "@sluice/ledger/prices";
import { Usage } from "@sluice/proto/common/v1/usage";
import { readRecording, wireOf } from "@sluice/provider-adapter/recordings";
import { checkFigures, countIn, isRecord, objectIn, type WireObject, wrong } from "./figures.ts";
import { shapeOf } from "./shapes.ts";

/** What a usage object says, in disjoint classes, and the processing tier it names ("" if none). */
export interface UsageRead {
  readonly usage: Usage;
  readonly serviceTier: string;
}

/**
 * Reads usage in OpenAI's shape or in the provider's own, by the same readers that live answers go through, but believes nothing that
 * contradicts itself.
 * @throws invalid_request naming the field
 */
export function readUsage(value: unknown, provider: string, kind: Kind): UsageRead {
  if (value === undefined || value === null) throw wrong("usage", "is missing");
  if (!isRecord(value) || Array.isArray(value)) throw wrong("usage", "is not an object");
  if (Object.keys(value).length === 0) throw wrong("usage", "is empty");
  checkFigures(value, "usage");
  return { usage: plainUsage(value, kind) ?? answerUsage(value, provider), serviceTier: tierOf(value) };
}

function tierOf(usage: WireObject): string {
  const tier = usage["service_tier"] ?? usage["serviceTier"];
  return typeof tier === "string" ? tier.toLowerCase() : "";
}

/** Usage of what is no conversation: an embedding, a rerank, images, sounds. Undefined for everything else. */
function plainUsage(wire: WireObject, kind: Kind): Usage | undefined {
  const searches = countIn(wire, "search_units") ?? countIn(objectIn(wire, "billed_units"), "search_units");
  if (searches !== undefined) return Usage.fromPartial({ searches: BigInt(searches) });
  const seconds = wire["seconds"];
  if (seconds !== undefined && wire["type"] === "duration")
    return Usage.fromPartial({ audioMs: milliseconds(seconds) });
  const characters = countIn(wire, "characters");
  if (characters !== undefined) return Usage.fromPartial({ characters: BigInt(characters) });
  const images = countIn(wire, "images");
  if (images !== undefined) return Usage.fromPartial({ images: BigInt(images) });
  if (kind === "image" || kind === "audio") return mediaUsage(wire);
  if (kind === "embedding" || kind === "rerank" || kind === "moderation") return inputUsage(wire);
  return undefined;
}

function milliseconds(seconds: unknown): bigint {
  if (typeof seconds !== "number" || !Number.isFinite(seconds) || seconds < 0 || seconds > 1_000_000) {
    throw wrong("usage.seconds", "is not a duration in seconds");
  }
  return BigInt(Math.ceil(seconds * 1_000));
}

/** An embedding has no output: one count is all there is, under the name the provider has for it. */
function inputUsage(wire: WireObject): Usage | undefined {
  const units = objectIn(wire, "billed_units");
  const counts = [wire["prompt_tokens"], wire["promptTokenCount"], units["input_tokens"], wire["input_tokens"]];
  const input = [...counts, wire["inputTextTokenCount"], wire["total_tokens"]].find(
    (count) => typeof count === "number",
  );
  return typeof input === "number" ? Usage.fromPartial({ inputTokens: BigInt(input) }) : undefined;
}

/** Tokens of text, images and sounds apart from each other. */
function mediaUsage(wire: WireObject): Usage | undefined {
  const input = countIn(wire, "input_tokens");
  const output = countIn(wire, "output_tokens");
  if (input === undefined || output === undefined) return undefined;
  const inside = { ...objectIn(wire, "input_token_details"), ...objectIn(wire, "input_tokens_details") };
  const outside = { ...objectIn(wire, "output_token_details"), ...objectIn(wire, "output_tokens_details") };
  const [imageIn, audioIn] = [countIn(inside, "image_tokens") ?? 0, countIn(inside, "audio_tokens") ?? 0];
  const [imageOut, audioOut] = [countIn(outside, "image_tokens") ?? 0, countIn(outside, "audio_tokens") ?? 0];
  if (imageIn + audioIn > input) throw wrong("usage.input_tokens", "is smaller than the sum of its parts");
  if (imageOut + audioOut > output) throw wrong("usage.output_tokens", "is smaller than the sum of its parts");
  return Usage.fromPartial({
    inputTokens: BigInt(input - imageIn - audioIn),
    inputImageTokens: BigInt(imageIn),
    inputAudioTokens: BigInt(audioIn),
    outputTokens: BigInt(output - imageOut - audioOut),
    outputImageTokens: BigInt(imageOut),
    outputAudioTokens: BigInt(audioOut),
  });
}

/** Usage of an answer: the readers see an answer that says nothing else. */
function answerUsage(wire: WireObject, provider: string): Usage {
  const { api, body, calls } = shapeOf(wire, wireOf(provider));
  const read = readRecording({ provider, api, response: { status: 200, headers: {}, body } });
  const [problem] = read.problems;
  if (problem !== undefined) throw wrong("usage", problem);
  const { usage } = read;
  if (usage === undefined) throw wrong("usage", "lacks the input or the output tokens");
  checkSums(wire, usage);
  for (const [tool, count] of Object.entries(calls)) usage.serverToolCalls[tool] = BigInt(count);
  return usage;
}

/** What the readers let pass in a live answer, because something has to be billed, is no usage to compute with here. */
function checkSums(wire: WireObject, usage: Usage): void {
  const input = sum(usage.inputTokens, usage.cachedInputTokens, usage.cacheWrite5mTokens, usage.cacheWrite1hTokens);
  const output = sum(usage.outputTokens, usage.outputAudioTokens);
  // Some estimate their reasoning tokens apart from what they bill: a total that adds up without them settles it.
  const total = countIn(wire, "total_tokens");
  const settled = total !== undefined && BigInt(total) === input + (usage.inputAudioTokens ?? 0n) + output;
  if (!settled && (usage.reasoningTokens ?? 0n) > output) {
    throw wrong("usage", "has more reasoning tokens than output tokens");
  }
  checkTotals(wire, input + (usage.inputAudioTokens ?? 0n) + output);
  const writes = objectIn(wire, "cache_creation");
  const written = sum(usage.cacheWrite5mTokens, usage.cacheWrite1hTokens);
  const parts =
    (countIn(writes, "ephemeral_5m_input_tokens") ?? 0) + (countIn(writes, "ephemeral_1h_input_tokens") ?? 0);
  if (!Array.isArray(wire["iterations"]) && BigInt(parts) > written) {
    throw wrong("usage.cache_creation", `has ${parts} tokens, more than cache_creation_input_tokens`);
  }
}

function checkTotals(wire: WireObject, least: bigint): void {
  for (const name of ["total_tokens", "totalTokens", "totalTokenCount"]) {
    const total = countIn(wire, name);
    if (total !== undefined && BigInt(total) < least) {
      throw wrong(`usage.${name}`, `is ${total}, less than the ${least} of its parts`);
    }
  }
}

function sum(...counts: readonly (bigint | undefined)[]): bigint {
  return counts.reduce<bigint>((total, count) => total + (count ?? 0n), 0n);
}
