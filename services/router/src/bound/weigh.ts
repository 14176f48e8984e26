import { dominantIn, KIND, spreadOf, type Tally, tokensIn } from "./tokens/tally.ts";

const PERMILLE = 1_000;
/** Share of a bound above which what repeats makes more of it than it does in usual text. */
const REPEATS_SHARE = 0.2;
/** Share of a text's tokens below which words that all tokenizers know are too few for it to be like most text. */
const WORDS_SHARE = 0.4;

/** Tokens of a tally by a model's weights, one for each kind of text, in thousandths. */
export function weigh(tally: Tally, permille: readonly number[]): number {
  let sum = 0;
  for (let kind = 0; kind < KIND.spread; kind++) sum += (tally.tokens[kind] ?? 0) * (permille[kind] ?? 0);
  return sum / PERMILLE + weighRepeats(tally, permille);
}

/** The part of it that is for what repeats. */
function weighRepeats(tally: Tally, permille: readonly number[]): number {
  const sum = spreadOf(tally) * (permille[KIND.spread] ?? 0) + dominantIn(tally) * (permille[KIND.dominant] ?? 0);
  return sum / PERMILLE;
}

/**
 * What kind of text a prompt is, for learning: what usage teaches of usual text says nothing of text that repeats itself, or of one that has few
 * words every tokenizer knows. `weighed` are its tokens at most.
 */
export function mannerOf(tally: Tally, permille: readonly number[], weighed: number): "usual" | "unusual" | "repeats" {
  if (weighRepeats(tally, permille) > weighed * REPEATS_SHARE) return "repeats";
  return (tally.tokens[KIND.word] ?? 0) < tokensIn(tally) * WORDS_SHARE ? "unusual" : "usual";
}
