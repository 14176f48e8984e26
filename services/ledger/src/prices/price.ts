/**
 * Rates in integer nano-USD per million of what they count: tokens, requests, calls, searches, seconds or characters. An absent rate is
 * not zero.
 */
export interface Rates {
  readonly input?: bigint | undefined;
  readonly cachedInput?: bigint | undefined;
  readonly cacheWrite5m?: bigint | undefined;
  readonly cacheWrite1h?: bigint | undefined;
  readonly output?: bigint | undefined;
  /** Of the output tokens that were reasoning, where a provider prices them apart; otherwise they cost what output costs. */
  readonly reasoning?: bigint | undefined;
  readonly audioInput?: bigint | undefined;
  readonly audioOutput?: bigint | undefined;
  readonly imageInput?: bigint | undefined;
  readonly imageOutput?: bigint | undefined;
  /** Per image made. */
  readonly image?: bigint | undefined;
  /** Fee of each attempt, beside what it used. */
  readonly request?: bigint | undefined;
  readonly serverTools?: Readonly<Record<string, bigint>> | undefined;
  /** Per search of a rerank. */
  readonly search?: bigint | undefined;
  /** Per second of audio. */
  readonly audioSecond?: bigint | undefined;
  /** Per character spoken. */
  readonly character?: bigint | undefined;
}

/** Rates of the whole attempt when its input tokens are more than `aboveInputTokens`. */
export interface LongContext {
  readonly aboveInputTokens: bigint;
  readonly rates: Rates;
}

/** What an attempt is charged by: its rates, and those for long prompts, the lowest threshold first. */
export interface Tier {
  readonly rates: Rates;
  readonly longContext?: readonly LongContext[] | undefined;
}

/** What a model answers with; only chat models are offered to chat requests. */
export const KINDS = ["chat", "embedding", "image", "audio", "rerank", "moderation"] as const;
export type Kind = (typeof KINDS)[number];

/** One version of a model's price; it never changes once published. */
export interface Price extends Tier {
  /** What catalogues and adapters call the model, e.g. `openai/gpt-4.1`. */
  readonly priceId: string;
  /** Id of this version, e.g. `openai/gpt-4.1@2025-04-14`. */
  readonly id: string;
  /** Epoch milliseconds from which it is valid, until the next version's. */
  readonly validFrom: number;
  /** Other processing tiers, by the provider's word for them, e.g. `batch`, `flex`, `priority`. */
  readonly tiers?: Readonly<Record<string, Tier>> | undefined;
  /** The most that fees billed as server tools come to on every request, e.g. its search: part of each worst case. */
  readonly requestFeesMost?: bigint | undefined;
  /** A fixed charge per attempt, whatever it used: the policy for models without a price. */
  readonly flat?: bigint | undefined;
}
