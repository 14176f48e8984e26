import { toLogprobs } from "../responses/output/logprobs.ts";

/** Log probabilities in the older form: lists side by side. */
export interface OldLogprobs {
  readonly tokens: string[];
  readonly token_logprobs: number[];
  readonly top_logprobs: Record<string, number>[];
  readonly text_offset: number[];
}

/** Writes the log probabilities of one choice in the older form; counts where its tokens begin. */
export class LogprobColumns {
  private offset: number;

  /** `offset` is the length of what stands before the answer's text. */
  constructor(offset: number) {
    this.offset = offset;
  }

  /** The columns of a chat's `logprobs` object; undefined if it has no tokens. */
  columnsOf(json: string): OldLogprobs | undefined {
    const entries = toLogprobs(json);
    if (entries.length === 0) return undefined;
    const text_offset = entries.map(({ token }) => {
      const at = this.offset;
      this.offset += token.length;
      return at;
    });
    return {
      tokens: entries.map(({ token }) => token),
      token_logprobs: entries.map(({ logprob }) => logprob),
      top_logprobs: entries.map(({ top_logprobs: top }) =>
        Object.fromEntries(top.map(({ token, logprob }) => [token, logprob])),
      ),
      text_offset,
    };
  }
}
