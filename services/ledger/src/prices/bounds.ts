import { type Amounts, inUnit, type UnitName } from "../amounts.ts";
import { divideUp, ratesFor } from "./cost.ts";
import type { Price, Rates } from "./price.ts";

/** What an attempt can use at most. */
export interface Bounds {
  readonly inputTokens: bigint;
  /** Of one answer. */
  readonly outputTokens: bigint;
  /** Number of answers. */
  readonly answers: bigint;
}

/** Room left on one account in one unit. */
export interface Room {
  readonly unit: UnitName;
  readonly room: bigint;
}

/** The most the attempt can cost: every input token in its dearest class, bounds of text only, times the number of answers. */
export function worstCase(bounds: Bounds, price: Price): Amounts {
  const inputTokens = bounds.inputTokens * bounds.answers;
  const outputTokens = bounds.outputTokens * bounds.answers;
  if (price.flat !== undefined) return { nanousd: price.flat, inputTokens, outputTokens };
  const rates = dearestRates(price, inputTokens);
  return { nanousd: divideUp(inputTokens * rates.input + outputTokens * rates.output), inputTokens, outputTokens };
}

/** The largest output bound (of one answer, at most the asked one) that fits into every room; negative if even none fits. */
export function payableOutput(bounds: Bounds, price: Price, rooms: readonly Room[]): bigint {
  const fixed = worstCase({ ...bounds, outputTokens: 0n }, price);
  let payable = bounds.outputTokens;
  for (const { unit, room } of rooms) {
    const left = room - inUnit(fixed, unit);
    if (left < 0n) return -1n;
    const bound = outputFor(unit, room, fixed, bounds, price);
    if (bound !== undefined && bound < payable) payable = bound;
  }
  return payable;
}

function outputFor(unit: UnitName, room: bigint, fixed: Amounts, bounds: Bounds, price: Price): bigint | undefined {
  switch (unit) {
    case "input_tokens":
      return undefined;
    case "output_tokens":
      return room / bounds.answers;
    case "tokens":
      return (room - fixed.inputTokens) / bounds.answers;
    case "nanousd": {
      if (price.flat !== undefined) return undefined;
      const rates = dearestRates(price, fixed.inputTokens);
      const perToken = rates.output * bounds.answers;
      // ceil(x / 1e6) <= room exactly when x <= room * 1e6, so nothing is lost by comparing before the division.
      return perToken === 0n ? undefined : (room * 1_000_000n - fixed.inputTokens * rates.input) / perToken;
    }
  }
}

/** A bound above the threshold may still end below it, so both tiers count. */
function dearestRates(price: Price, inputTokens: bigint): { readonly input: bigint; readonly output: bigint } {
  const base = dearest(price.rates);
  const actual = dearest(ratesFor(price, inputTokens));
  return { input: larger(base.input, actual.input), output: larger(base.output, actual.output) };
}

function dearest(rates: Rates): { readonly input: bigint; readonly output: bigint } {
  const classes = [rates.cachedInput, rates.cacheWrite5m, rates.cacheWrite1h];
  return { input: classes.reduce<bigint>((most, rate) => larger(most, rate ?? 0n), rates.input), output: rates.output };
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
