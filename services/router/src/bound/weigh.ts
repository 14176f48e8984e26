import { dominantIn, KIND, spreadOf, type Tally } from "./tokens/tally.ts";

const PERMILLE = 1_000;

/** Tokens of a tally by a model's weights, one for each kind of text, in thousandths. */
export function weigh(tally: Tally, permille: readonly number[]): number {
  let sum = spreadOf(tally) * (permille[KIND.spread] ?? 0) + dominantIn(tally) * (permille[KIND.dominant] ?? 0);
  for (let kind = 0; kind < KIND.spread; kind++) sum += (tally.tokens[kind] ?? 0) * (permille[kind] ?? 0);
  return sum / PERMILLE;
}
