/** Rates in integer nano-USD per million tokens (or images, or calls). An absent rate is not zero. */
export interface Rates {
  readonly input: bigint;
  readonly cachedInput?: bigint | undefined;
  readonly cacheWrite5m?: bigint | undefined;
  readonly cacheWrite1h?: bigint | undefined;
  readonly output: bigint;
  readonly audioInput?: bigint | undefined;
  readonly audioOutput?: bigint | undefined;
  readonly image?: bigint | undefined;
  readonly serverTools?: Readonly<Record<string, bigint>> | undefined;
}

/** One version of a model's price; it never changes once published. */
export interface Price {
  /** What catalogues and adapters call the model, e.g. `openai/gpt-4.1`. */
  readonly priceId: string;
  /** Id of this version, e.g. `openai/gpt-4.1@2025-04-14`. */
  readonly id: string;
  /** Epoch milliseconds from which it is valid, until the next version's. */
  readonly validFrom: number;
  readonly rates: Rates;
  /** Rates of the whole attempt when its input tokens are more than `aboveInputTokens`. */
  readonly longContext?: { readonly aboveInputTokens: bigint; readonly rates: Rates } | undefined;
  /** A fixed charge per attempt, whatever it used: the policy for models without a price. */
  readonly flat?: bigint | undefined;
}
