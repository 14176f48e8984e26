import type { Usage } from "@sluice/proto/common/v1/usage";
import { divideUp, inputTokensOf } from "./cost.ts";
import type { Price, Rates } from "./price.ts";
import { ratesFor, tierOf } from "./tier.ts";

/** What one class of consumption adds to a cost. */
export interface Charge {
  /** Word for the class, e.g. `cached_input` or `tool:web_search`. */
  readonly class: string;
  readonly quantity: bigint;
  readonly nanousd: bigint;
  /** Nano-USD per million units. */
  readonly rate: bigint;
}

type Line = readonly [name: string, quantity: bigint | undefined, rate: bigint | undefined];

const MS_PER_SECOND = 1_000n;

/**
 * Splits what usage costs into its classes. The cost is rounded up once, so each class gets what it adds to the rounded sum so far: the
 * parts sum to the whole. Classes without a rate are left out; whoever needs exactness compares the sum with the amount he knows.
 * @throws model_unpriced if the price has no rates for the tier
 */
export function chargesOf(usage: Usage, price: Price, serviceTier = ""): readonly Charge[] {
  if (price.flat !== undefined)
    return [{ class: "flat", quantity: 1n, nanousd: price.flat, rate: price.flat * 1_000_000n }];
  const rates = ratesFor(tierOf(price, serviceTier), inputTokensOf(usage));
  const charges: Charge[] = [];
  let total = 0n;
  let rounded = 0n;
  for (const [name, quantity, rate] of linesOf(usage, rates)) {
    if (quantity === undefined || quantity === 0n || rate === undefined) continue;
    total += name === "audio_ms" ? (quantity * rate + MS_PER_SECOND - 1n) / MS_PER_SECOND : quantity * rate;
    const upTo = divideUp(total);
    charges.push({ class: name, quantity, nanousd: upTo - rounded, rate });
    rounded = upTo;
  }
  return charges;
}

function linesOf(usage: Usage, rates: Rates): readonly Line[] {
  const write5m = rates.cacheWrite5m ?? rates.input;
  return [
    ["input", usage.inputTokens, rates.input],
    ["cached_input", usage.cachedInputTokens, rates.cachedInput ?? rates.input],
    ["cache_write_5m", usage.cacheWrite5mTokens, write5m],
    ["cache_write_1h", usage.cacheWrite1hTokens, rates.cacheWrite1h ?? write5m],
    ["audio_input", usage.inputAudioTokens, rates.audioInput],
    ["image_input", usage.inputImageTokens, rates.imageInput],
    ...outputLines(usage, rates),
    ["audio_output", usage.outputAudioTokens, rates.audioOutput],
    ["image_output", usage.outputImageTokens, rates.imageOutput],
    ["image", usage.images, rates.image],
    ["search", usage.searches, rates.search],
    ["character", usage.characters, rates.character],
    ...Object.entries(usage.serverToolCalls).map(
      ([tool, calls]): Line => [`tool:${tool}`, calls, rates.serverTools?.[tool]],
    ),
    ["request", 1n, rates.request],
    ["audio_ms", usage.audioMs, rates.audioSecond],
  ];
}

function outputLines({ outputTokens, reasoningTokens }: Usage, rates: Rates): readonly Line[] {
  if (rates.reasoning === undefined || reasoningTokens === undefined) return [["output", outputTokens, rates.output]];
  return [
    ["reasoning", reasoningTokens, rates.reasoning],
    ["output", (outputTokens ?? 0n) - reasoningTokens, rates.output],
  ];
}
