import { KINDS, type Tally } from "./tokens/tally.ts";

const PERMILLE = 1_000;

/** Tokens of a tally by a model's weights, one for each kind of text, in thousandths. */
export function weigh({ tokens }: Tally, permille: readonly number[]): number {
  let sum = 0;
  for (let kind = 0; kind < KINDS; kind++) sum += (tokens[kind] ?? 0) * (permille[kind] ?? 0);
  return sum / PERMILLE;
}
