interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
  readonly top_logprobs: readonly Omit<TokenLogprob, "top_logprobs">[];
}

/** The tokens of a chat's `logprobs` object in this dialect's form; none if it is no such object. */
export function toLogprobs(json: string): TokenLogprob[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // Log probabilities are a courtesy: broken ones must not cost the caller its answer.
    return [];
  }
  const { content } = Object(value) as { readonly content?: unknown };
  return Array.isArray(content) ? content.map(toToken) : [];
}

function toToken(entry: unknown): TokenLogprob {
  const { top_logprobs: top } = Object(entry) as { readonly top_logprobs?: unknown };
  return { ...withBytes(entry), top_logprobs: Array.isArray(top) ? top.map(withBytes) : [] };
}

/** Bytes are the token's own where a provider leaves them out. */
function withBytes(entry: unknown): Omit<TokenLogprob, "top_logprobs"> {
  const { token, logprob, bytes } = Object(entry) as Readonly<Record<string, unknown>>;
  const text = typeof token === "string" ? token : "";
  return {
    token: text,
    logprob: typeof logprob === "number" ? logprob : 0,
    bytes: Array.isArray(bytes) ? (bytes as number[]) : [...Buffer.from(text)],
  };
}
