import type { WireChat } from "../../serve/wire.ts";

/** The parts of a request that only OpenAI's wire knows. */
export interface WireOptions {
  readonly includeUsage: boolean;
  readonly obfuscate: boolean;
  /** Alternatives to show per token; undefined = no log probabilities. */
  readonly topLogprobs: number | undefined;
  readonly serviceTier: string;
}

/** A request that can be answered. */
export interface ChatRequest extends WireChat {
  readonly options: WireOptions;
}
