import { SluiceError } from "@sluice/platform/errors";
import type { Usage } from "@sluice/proto/common/v1/usage";
import type { Price, Rates } from "./price.ts";

const PER = 1_000_000n;
/** No attempt uses more; a larger figure is a mistake of whoever reported it. */
const TOKENS_MAX = 1_000_000_000_000n;
/** A billion dollars: no attempt costs more, and sums of many such amounts still fit into 64 bits. */
const NANOUSD_MAX = 10n ** 18n;

type Line = readonly [quantity: bigint | undefined, rate: bigint | undefined, name: string];

/**
 * What usage costs by a price, in nano-USD: every class times its rate, summed, divided once, rounded up once.
 * Reasoning is part of the output and adds nothing. A cache class without a rate of its own is charged as input, never as zero.
 * @throws invalid_request for negative or absurd usage or cost, model_unpriced when a class in use has no rate
 */
export function cost(usage: Usage, price: Price): bigint {
  checkUsage(usage);
  if (price.flat !== undefined) return price.flat;
  const rates = ratesFor(price, inputTokensOf(usage));
  let total = 0n;
  const missing: string[] = [];
  for (const [quantity, rate, name] of linesOf(usage, rates)) {
    if (quantity === undefined || quantity === 0n) continue;
    if (rate === undefined) missing.push(name);
    else total += quantity * rate;
  }
  if (missing.length > 0) {
    throw new SluiceError("model_unpriced", `Price ${price.id} has no rate for ${missing.join(", ")}.`);
  }
  return checkAmount(divideUp(total));
}

/** The amount, if books and counters can hold it. @throws invalid_request above a billion dollars */
export function checkAmount(nanousd: bigint): bigint {
  if (nanousd <= NANOUSD_MAX) return nanousd;
  throw new SluiceError("invalid_request", `${nanousd} nano-USD for one attempt; at most ${NANOUSD_MAX} are possible.`);
}

/** Nano-USD of a sum of quantity times rate per million. The one place that rounds: up, so that no fraction is given away. */
export function divideUp(total: bigint): bigint {
  return (total + PER - 1n) / PER;
}

/** The rates for an attempt with this many input tokens. */
export function ratesFor(price: Price, inputTokens: bigint): Rates {
  const long = price.longContext;
  return long !== undefined && inputTokens > long.aboveInputTokens ? long.rates : price.rates;
}

/** Input tokens of every class. */
export function inputTokensOf(usage: Usage): bigint {
  return (
    (usage.inputTokens ?? 0n) +
    (usage.cachedInputTokens ?? 0n) +
    (usage.cacheWrite5mTokens ?? 0n) +
    (usage.cacheWrite1hTokens ?? 0n) +
    (usage.inputAudioTokens ?? 0n)
  );
}

/** Output tokens of every class, reasoning included once. */
export function outputTokensOf(usage: Usage): bigint {
  return (usage.outputTokens ?? 0n) + (usage.outputAudioTokens ?? 0n);
}

function linesOf(usage: Usage, rates: Rates): readonly Line[] {
  const write5m = rates.cacheWrite5m ?? rates.input;
  const tools = Object.entries(usage.serverToolCalls).map(
    ([tool, calls]): Line => [calls, rates.serverTools?.[tool], `calls of server tool ${tool}`],
  );
  return [
    [usage.inputTokens, rates.input, "input tokens"],
    [usage.cachedInputTokens, rates.cachedInput ?? rates.input, "cached input tokens"],
    [usage.cacheWrite5mTokens, write5m, "cache writes"],
    [usage.cacheWrite1hTokens, rates.cacheWrite1h ?? write5m, "cache writes"],
    [usage.outputTokens, rates.output, "output tokens"],
    [usage.inputAudioTokens, rates.audioInput, "audio input tokens"],
    [usage.outputAudioTokens, rates.audioOutput, "audio output tokens"],
    [usage.images, rates.image, "images"],
    ...tools,
  ];
}

function checkUsage(usage: Usage): void {
  const quantities = [
    usage.inputTokens,
    usage.cachedInputTokens,
    usage.cacheWrite5mTokens,
    usage.cacheWrite1hTokens,
    usage.outputTokens,
    usage.reasoningTokens,
    usage.inputAudioTokens,
    usage.outputAudioTokens,
    usage.images,
    ...Object.values(usage.serverToolCalls),
  ];
  for (const quantity of quantities) {
    if (quantity !== undefined && (quantity < 0n || quantity > TOKENS_MAX)) {
      throw new SluiceError("invalid_request", `Usage reports ${quantity} units; 0 to ${TOKENS_MAX} are possible.`);
    }
  }
}
