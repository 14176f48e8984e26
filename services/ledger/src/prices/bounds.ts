import type { Usage } from "@sluice/proto/common/v1/usage";
import { type Amounts, inUnit, type UnitName } from "../amounts.ts";
import { divideUp } from "./cost.ts";
import type { Price, Rates } from "./price.ts";
import { hasTier, reachableTiers } from "./tier.ts";
import { unitsAt } from "./unit-bounds.ts";

/** What an attempt can use at most. */
export interface Bounds {
  readonly inputTokens: bigint;
  /** Of one answer. */
  readonly outputTokens: bigint;
  /** Number of answers. */
  readonly answers: bigint;
  /** Processing tier asked for; empty or absent means the provider's default. */
  readonly serviceTier?: string | undefined;
  /** What is neither a token of text read nor one written; absent for chats. */
  readonly units?: Usage | undefined;
}

/** Room left on one account in one unit. */
export interface Room {
  readonly unit: UnitName;
  readonly room: bigint;
}

/** The dearest an input token, an output token and the attempt itself can be. */
interface Dearest {
  readonly input: bigint;
  readonly output: bigint;
  readonly request: bigint;
}

/**
 * The most the attempt can cost: every input token in its dearest class, bounds of text only, times the number of answers; and the units
 * beside, where there are any.
 * @throws model_unpriced if the processing tier asked for, or a unit, has no rates
 */
export function worstCase(bounds: Bounds, price: Price): Amounts {
  const { units } = bounds;
  const read = bounds.inputTokens * bounds.answers;
  const written = bounds.outputTokens * bounds.answers;
  const inputTokens = read + (units?.inputAudioTokens ?? 0n);
  const outputTokens = written + (units?.outputAudioTokens ?? 0n);
  if (price.flat !== undefined) return { nanousd: price.flat, inputTokens, outputTokens };
  const rates = dearestRates(price, inputTokens, bounds);
  const nanousd = divideUp(read * rates.input + written * rates.output + rates.request);
  return { nanousd, inputTokens, outputTokens };
}

/** Whether a price bounds an attempt that reads and writes text in the processing tier asked for. */
export function pricesText(price: Price, serviceTier: string): boolean {
  const { input, output } = price.rates;
  return input !== undefined && output !== undefined && hasTier(price, serviceTier);
}

/** The largest output bound (of one answer, at most the asked one) that fits into every room; negative if even none fits. */
export function payableOutput(bounds: Bounds, price: Price, rooms: readonly Room[]): bigint {
  const fixed = worstCase({ ...bounds, outputTokens: 0n }, price);
  let payable = bounds.outputTokens;
  for (const { unit, room } of rooms) {
    const left = room - inUnit(fixed, unit);
    if (left < 0n) return -1n;
    const bound = outputFor({ unit, room, fixed, bounds, price });
    if (bound !== undefined && bound < payable) payable = bound;
  }
  return payable;
}

interface Question extends Room {
  readonly fixed: Amounts;
  readonly bounds: Bounds;
  readonly price: Price;
}

function outputFor({ unit, room, fixed, bounds, price }: Question): bigint | undefined {
  switch (unit) {
    case "input_tokens":
      return undefined;
    case "output_tokens":
      return room / bounds.answers;
    case "tokens":
      return (room - fixed.inputTokens) / bounds.answers;
    case "nanousd": {
      if (price.flat !== undefined) return undefined;
      const rates = dearestRates(price, fixed.inputTokens, bounds);
      const perToken = rates.output * bounds.answers;
      const left = room * 1_000_000n - fixed.inputTokens * rates.input - rates.request;
      // ceil(x / 1e6) <= room exactly when x <= room * 1e6, so nothing is lost by comparing before the division.
      return perToken === 0n ? undefined : left / perToken;
    }
  }
}

/** A bound above a threshold may still end below it, and a tier asked for may not be the one that is used: all of them count. */
function dearestRates(price: Price, inputTokens: bigint, bounds: Bounds): Dearest {
  const { serviceTier = "" } = bounds;
  let most: Dearest = { input: 0n, output: 0n, request: 0n };
  let units = 0n;
  for (const tier of reachableTiers(price, serviceTier)) {
    most = dearer(most, tier.rates);
    units = largest(units, unitsAt(tier.rates, bounds, price.id));
    for (const long of tier.longContext ?? []) {
      if (inputTokens > long.aboveInputTokens) most = dearer(most, long.rates);
    }
  }
  return { ...most, request: most.request + units + (price.requestFeesMost ?? 0n) };
}

/** Audio in the prompt is left out: its bound counts bytes, of which a token of audio has hundreds. */
function dearer(most: Dearest, rates: Rates): Dearest {
  const { input, cachedInput, cacheWrite5m, cacheWrite1h, imageInput, request } = rates;
  return {
    input: largest(most.input, input, cachedInput, cacheWrite5m, cacheWrite1h, imageInput),
    output: largest(most.output, rates.output, rates.reasoning, rates.audioOutput, rates.imageOutput),
    request: largest(most.request, request),
  };
}

function largest(least: bigint, ...rates: readonly (bigint | undefined)[]): bigint {
  return rates.reduce<bigint>((most, rate) => (rate !== undefined && rate > most ? rate : most), least);
}
