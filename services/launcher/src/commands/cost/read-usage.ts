import type { Kind } from "@sluice/ledger/prices";
import { Usage } from "@sluice/proto/common/v1/usage";
import { readRecording, wireOf } from "@sluice/provider-adapter/recordings";
import { checkSums, checkTotal, tokensOf } from "./check-sums.ts";
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
  checkPlace(value);
  return { usage: plainUsage(value, kind) ?? answerUsage(value, provider), serviceTier: tierOf(value) };
}

/** The processing tier, by whichever name the wire has for it; a fast mode is one too. */
function tierOf(usage: WireObject): string {
  if (usage["speed"] === "fast") return "fast";
  for (const name of ["service_tier", "serviceTier"]) {
    const tier = usage[name] ?? "";
    if (typeof tier !== "string") throw wrong(`usage.${name}`, "is not a word");
    if (tier !== "") return tier.toLowerCase();
  }
  return "";
}

/** Where an answer was made costs extra in some places, for which the catalogue has no rates. */
function checkPlace({ inference_geo: place }: WireObject): void {
  if (place === undefined || place === null || place === "global" || place === "not_available") return;
  throw wrong(
    "usage.inference_geo",
    `is ${JSON.stringify(place).slice(0, 40)}, which is priced apart and has no rate here`,
  );
}

/** Usage of what is no conversation: an embedding, a rerank, images, sounds. Undefined for everything else. */
function plainUsage(wire: WireObject, kind: Kind): Usage | undefined {
  switch (kind) {
    case "chat":
      return undefined;
    case "rerank":
      return searchUsage(wire) ?? inputUsage(wire);
    case "audio":
      return soundUsage(wire) ?? mediaUsage(wire);
    case "image":
      return imagesUsage(wire) ?? mediaUsage(wire);
    case "embedding":
    case "moderation":
      return inputUsage(wire);
  }
}

function searchUsage(wire: WireObject): Usage | undefined {
  const searches = countIn(wire, "search_units") ?? countIn(objectIn(wire, "billed_units"), "search_units");
  return searches === undefined ? undefined : Usage.fromPartial({ searches: BigInt(searches) });
}

function soundUsage(wire: WireObject): Usage | undefined {
  const { seconds } = wire;
  if (seconds !== undefined && wire["type"] === "duration") {
    return Usage.fromPartial({ audioMs: milliseconds(seconds) });
  }
  const characters = countIn(wire, "characters");
  return characters === undefined ? undefined : Usage.fromPartial({ characters: BigInt(characters) });
}

function imagesUsage(wire: WireObject): Usage | undefined {
  const images = countIn(wire, "images");
  return images === undefined ? undefined : Usage.fromPartial({ images: BigInt(images) });
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
  if (typeof input !== "number") return undefined;
  const usage = Usage.fromPartial({
    inputTokens: BigInt(input),
    inputImageTokens: someOf(units, "image_tokens"),
    images: someOf(units, "images"),
    outputTokens: someOf(wire, "completion_tokens") ?? someOf(wire, "output_tokens"),
  });
  checkTotal(wire, "total_tokens", tokensOf(usage));
  return usage;
}

/** A count that is there and not zero: a class that was not used needs no rate. */
function someOf(wire: WireObject, name: string): bigint | undefined {
  const count = countIn(wire, name) ?? 0;
  return count === 0 ? undefined : BigInt(count);
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
  checkTotal(wire, "total_tokens", BigInt(input + output));
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
  // What a provider counts beside the tokens is billed beside them, or has no rate and is refused.
  const units = objectIn(wire, "billed_units");
  usage.searches = someOf(units, "search_units") ?? someOf(wire, "search_units");
  usage.images = someOf(wire, "images");
  usage.characters = someOf(wire, "characters");
  return usage;
}
