import { mix } from "../../answer/random.ts";

/** The log probability of one token, with alternatives. */
export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
  readonly top_logprobs: readonly Omit<TokenLogprob, "top_logprobs">[];
}

/** Invents the log probability of a token, repeatably; the token itself is always the likeliest. */
export function tokenLogprob(token: string, alternatives: number, seed: number): TokenLogprob {
  const logprob = -(mix(seed, token.length) % 1_000) / 2_000;
  const top = Array.from({ length: alternatives }, (_, rank) => {
    const text = rank === 0 ? token : `${token}${"s".repeat(rank)}`;
    return { token: text, logprob: logprob - rank * 1.5, bytes: [...Buffer.from(text)] };
  });
  return { token, logprob, bytes: [...Buffer.from(token)], top_logprobs: top };
}
