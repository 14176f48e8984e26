import type { Ask } from "../../answer/types.ts";

/** The parts of a request that only OpenAI's wire knows. */
export interface WireOptions {
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly obfuscate: boolean;
  /** Alternatives to show per token; undefined = no log probabilities. */
  readonly topLogprobs: number | undefined;
  readonly serviceTier: string;
}

/** A request that can be answered. */
export interface ChatRequest {
  readonly ask: Ask;
  readonly options: WireOptions;
}
