import type { ModelName } from "../models/model-name.ts";

/** One delta of an answer. Every piece is exactly one output token, whatever wire carries it. */
export type Piece =
  | { readonly kind: "reasoning" | "content" | "refusal"; readonly text: string }
  | { readonly kind: "tool-start"; readonly call: number; readonly id: string; readonly name: string }
  | { readonly kind: "tool-arguments"; readonly call: number; readonly text: string };

/** Why a choice ended; `refused` = its maker stopped it. */
export type Finish = "stop" | "length" | "tool_calls" | "refused";

export interface Choice {
  readonly index: number;
  readonly pieces: readonly Piece[];
  readonly finish: Finish;
  /** The stop sequence that ended it. */
  readonly stopSequence?: string | undefined;
}

/** A whole answer, fixed before its first byte leaves. */
export interface Answer {
  readonly choices: readonly Choice[];
  /** All output tokens, reasoning included. */
  readonly completionTokens: number;
  readonly reasoningTokens: number;
}

/** A function the caller offers. `parameters` is its JSON schema, as received. */
export interface OfferedTool {
  readonly name: string;
  readonly parameters: unknown;
}

export type AnswerFormat =
  | { readonly kind: "text" }
  | { readonly kind: "json" }
  | { readonly kind: "schema"; readonly schema: unknown };

/** What a request asks for, in no provider's words. */
export interface Ask {
  readonly model: ModelName;
  readonly seed: number;
  readonly promptTokens: number;
  /** Text of the last user message. */
  readonly prompt: string;
  /** Images in all messages. */
  readonly images: number;
  /** Text of the tool result the conversation ends with. */
  readonly toolResult: string | undefined;
  readonly tools: readonly OfferedTool[];
  readonly toolChoice: "auto" | "none" | "required";
  /** True if the wire tells of a refusal without a text of its own. */
  readonly silentRefusal: boolean;
  readonly parallelTools: boolean;
  readonly format: AnswerFormat;
  readonly choices: number;
  /** Bound on the output tokens of each choice. */
  readonly maxTokens: number | undefined;
  readonly stop: readonly string[];
  readonly reasoningEffort: string;
}
