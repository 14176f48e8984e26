import { SluiceError } from "@sluice/platform/errors";
import type { Usage } from "@sluice/proto/common/v1/usage";
import type { Price, Rates } from "./price.ts";
import { ratesFor, tierOf } from "./tier.ts";

const PER = 1_000_000n;
const MS_PER_SECOND = 1_000n;
/** No attempt uses more; a larger figure is a mistake of whoever reported it. */
const UNITS_MAX = 1_000_000_000_000n;
/** A billion dollars: no attempt costs more, and sums of many such amounts still fit into 64 bits. */
const NANOUSD_MAX = 10n ** 18n;

/** Adds quantities times rates, in millionths of a nano-USD. */
class Bill {
  total = 0n;
  readonly missing: string[] = [];

  add(quantity: bigint | undefined, rate: bigint | undefined, name: string): void {
    if (quantity === undefined || quantity === 0n) return;
    if (quantity < 0n || quantity > UNITS_MAX) {
      throw new SluiceError("invalid_request", `Usage reports ${quantity} ${name}; 0 to ${UNITS_MAX} are possible.`);
    }
    if (rate === undefined) this.missing.push(name);
    else this.total += quantity * rate;
  }
}

/**
 * What usage costs by a price, in nano-USD: every class times its rate, summed, divided once, rounded up once. `serviceTier` is the
 * processing tier the provider used; empty is its standard one. Reasoning is part of the output: it adds nothing unless the price has a
 * rate for it, which then replaces that of output. A cache class without a rate of its own is charged as input, never as zero.
 * @throws invalid_request for negative or absurd usage or cost, model_unpriced when a class in use, or the tier, has no rate
 */
export function cost(usage: Usage, price: Price, serviceTier = ""): bigint {
  const tier = price.flat === undefined ? tierOf(price, serviceTier) : price;
  const rates = ratesFor(tier, inputTokensOf(usage));
  const bill = new Bill();
  addInput(bill, usage, rates);
  addOutput(bill, usage, rates);
  bill.add(usage.images, rates.image, "images");
  bill.add(usage.searches, rates.search, "searches");
  bill.add(usage.characters, rates.character, "characters");
  for (const tool in usage.serverToolCalls) {
    bill.add(usage.serverToolCalls[tool], rates.serverTools?.[tool], `calls of server tool ${tool}`);
  }
  bill.total += rates.request ?? 0n;
  addAudioTime(bill, usage.audioMs, rates.audioSecond);
  if (price.flat !== undefined) return price.flat;
  if (bill.missing.length > 0) {
    throw new SluiceError("model_unpriced", `Price ${price.id} has no rate for ${bill.missing.join(", ")}.`);
  }
  return checkAmount(divideUp(bill.total));
}

function addInput(bill: Bill, usage: Usage, rates: Rates): void {
  bill.add(usage.inputTokens, rates.input, "input tokens");
  bill.add(usage.cachedInputTokens, rates.cachedInput ?? rates.input, "cached input tokens");
  const write5m = rates.cacheWrite5m ?? rates.input;
  bill.add(usage.cacheWrite5mTokens, write5m, "cache writes");
  bill.add(usage.cacheWrite1hTokens, rates.cacheWrite1h ?? write5m, "cache writes");
  bill.add(usage.inputAudioTokens, rates.audioInput, "audio input tokens");
  bill.add(usage.inputImageTokens, rates.imageInput, "image input tokens");
}

function addOutput(bill: Bill, usage: Usage, rates: Rates): void {
  const { outputTokens, reasoningTokens } = usage;
  bill.add(reasoningTokens, 0n, "reasoning tokens");
  if (rates.reasoning === undefined || reasoningTokens === undefined) {
    bill.add(outputTokens, rates.output, "output tokens");
  } else {
    const answered = (outputTokens ?? 0n) - reasoningTokens;
    // Reasoning beyond the output would make the rest negative, and a bill smaller than the truth.
    if (answered < 0n) throw new SluiceError("invalid_request", "Usage reports more reasoning than output tokens.");
    bill.add(reasoningTokens, rates.reasoning, "reasoning tokens");
    bill.add(answered, rates.output, "output tokens");
  }
  bill.add(usage.outputAudioTokens, rates.audioOutput, "audio output tokens");
  bill.add(usage.outputImageTokens, rates.imageOutput, "image output tokens");
}

/** Rates are per second. Rounding up to whole units here loses nothing: the sum is rounded up again, to larger ones. */
function addAudioTime(bill: Bill, audioMs: bigint | undefined, perSecond: bigint | undefined): void {
  bill.add(audioMs, perSecond === undefined ? undefined : 0n, "milliseconds of audio");
  bill.total += ((audioMs ?? 0n) * (perSecond ?? 0n) + MS_PER_SECOND - 1n) / MS_PER_SECOND;
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

/** Input tokens of every class. */
export function inputTokensOf(usage: Usage): bigint {
  return (
    (usage.inputTokens ?? 0n) +
    (usage.cachedInputTokens ?? 0n) +
    (usage.cacheWrite5mTokens ?? 0n) +
    (usage.cacheWrite1hTokens ?? 0n) +
    (usage.inputAudioTokens ?? 0n) +
    (usage.inputImageTokens ?? 0n)
  );
}

/** Output tokens of every class, reasoning included once. */
export function outputTokensOf(usage: Usage): bigint {
  return (usage.outputTokens ?? 0n) + (usage.outputAudioTokens ?? 0n) + (usage.outputImageTokens ?? 0n);
}
